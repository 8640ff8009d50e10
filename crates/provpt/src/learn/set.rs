//! What a run learns, as one list of named arrays.
//!
//! Whatever treats all learned arrays alike (clipping, optimizer, checkpoint, adapter, counts,
//! records of steps) iterates over the list. Names are those of checkpoints: timm's keys for arrays
//! of the backbone, `prompts`, `head.weight`, `head.bias`.

use crate::math::optimizer::{Group, Update};

/// One learned array.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its key in adapters and checkpoints.
    pub name: String,
    /// Its axes; the product is the number of values.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f32>,
    /// How the optimizer treats it.
    pub group: Group,
}

impl Param {
    /// An array that the optimizer treats like most.
    pub fn new(name: &str, shape: &[usize], values: Vec<f32>) -> Self {
        Self { name: name.to_owned(), shape: shape.to_vec(), values, group: Group::default() }
    }

    /// The array; or, where it does not learn, one that stays as it is and is kept with the others.
    pub(crate) fn learning(self, learns: bool) -> Self {
        let still = Group { rate: 0.0, decay: 0.0, sphere: None };
        Self { group: if learns { self.group } else { still }, ..self }
    }

    /// Whether it moves at all.
    pub(crate) fn learns(&self) -> bool {
        self.group.rate > 0.0
    }
}

/// All that a run learns, in a fixed order. Sums over all arrays are taken in this order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set(Vec<Param>);

impl Set {
    /// The arrays in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Param> {
        self.0.iter()
    }

    /// Number of learned values; what stays as it is does not count.
    pub fn count(&self) -> usize {
        self.iter().filter(|param| param.learns()).map(|param| param.values.len()).sum()
    }

    /// An array's values; none if nothing of this name is learned.
    pub fn values(&self, name: &str) -> &[f32] {
        self.iter().find(|param| param.name == name).map_or(&[], |param| &param.values)
    }

    pub(crate) fn values_mut(&mut self, name: &str) -> &mut [f32] {
        self.iter_mut().find(|param| param.name == name).map_or(&mut [], |param| &mut param.values)
    }

    /// An array, if it is there.
    pub(crate) fn param_mut(&mut self, name: &str) -> Option<&mut Param> {
        self.iter_mut().find(|param| param.name == name)
    }

    /// Adds an array, behind the others.
    pub(crate) fn push(&mut self, param: Param) {
        self.0.push(param);
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Param> {
        self.0.iter_mut()
    }
}

impl Set {
    /// What the optimizer is to move, and by what.
    pub(crate) fn updates<'a>(&'a mut self, gradients: &'a Gradients) -> Vec<Update<'a>> {
        let pairs = self.0.iter_mut().zip(gradients.iter());
        pairs
            .map(|(Param { name, values, group, .. }, gradient)| Update {
                name,
                group: *group,
                values,
                gradient,
            })
            .collect()
    }
}

impl FromIterator<Param> for Set {
    fn from_iter<I: IntoIterator<Item = Param>>(params: I) -> Self {
        Self(params.into_iter().collect())
    }
}

/// The gradients of a set's arrays, by name and in the set's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Gradients(Vec<(String, Vec<f32>)>);

impl Gradients {
    /// Puts gradients into the order of the set. An array that nobody computed a gradient of has
    /// the gradient zero.
    pub(crate) fn in_order<N: AsRef<str>>(set: &Set, mut computed: Vec<(N, Vec<f32>)>) -> Self {
        let find = |param: &Param| {
            let place = computed.iter().position(|(name, _)| name.as_ref() == param.name);
            let gradient = place.map(|place| computed.swap_remove(place).1);
            (param.name.clone(), gradient.unwrap_or_else(|| vec![0.0; param.values.len()]))
        };
        Self(set.iter().map(find).collect())
    }

    /// The gradient of one array; none if nothing of this name is learned.
    pub(crate) fn of(&self, name: &str) -> &[f32] {
        self.0.iter().find(|(own, _)| own == name).map_or(&[], |(_, gradient)| gradient)
    }

    pub(crate) fn of_mut(&mut self, name: &str) -> &mut [f32] {
        self.0.iter_mut().find(|(own, _)| own == name).map_or(&mut [], |(_, gradient)| gradient)
    }

    /// The gradients of the arrays whose names begin so.
    pub(crate) fn under(&self, prefix: &str) -> Vec<&[f32]> {
        let named = self.0.iter().filter(|(name, _)| name.starts_with(prefix));
        named.map(|(_, gradient)| &gradient[..]).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.0.iter().map(|(_, gradient)| &gradient[..])
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.0.iter_mut().map(|(_, gradient)| &mut gradient[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> Set {
        let params = [("b", vec![1.0, 2.0]), ("a.x", vec![3.0]), ("a.y", vec![4.0])];
        params.into_iter().map(|(name, v)| Param::new(name, &[v.len()], v)).collect()
    }

    #[test]
    fn arrays_are_found_by_name_and_counted() {
        let mut set = set();
        assert_eq!((set.count(), set.values("a.x"), set.values("c")), (4, &[3.0][..], &[][..]));
        set.values_mut("b")[1] = 5.0;
        assert_eq!(set.values("b"), [1.0, 5.0]);
        assert!(set.values_mut("c").is_empty());
    }

    #[test]
    fn gradients_follow_the_order_of_the_set_and_are_zero_where_none_was_computed() {
        let computed = vec![("a.y", vec![9.0]), ("b", vec![7.0, 8.0])];
        let gradients = Gradients::in_order(&set(), computed);
        let all: Vec<&[f32]> = gradients.iter().collect();
        assert_eq!(all, [&[7.0, 8.0][..], &[0.0], &[9.0]]);
        assert_eq!(gradients.under("a."), [&[0.0][..], &[9.0]]);
        assert_eq!((gradients.of("a.y"), gradients.of("c")), (&[9.0][..], &[][..]));
    }
}
