//! A network that learns beside the frozen one, as it is before the first step (Zhang et al.,
//! Side-Tuning, ECCV 2020).

use provpt_vit::{Architecture, Backbone};
use rand::RngExt;

use crate::learn::set::Param;
use crate::learn::thaw::is_part;
use provpt_base::{Purpose, stream};

/// All arrays of the network beside one of this shape; what brings its features to the other's
/// width, from U(-1/sqrt(n), 1/sqrt(n)) for its n features; and 0, which gives both half the say.
pub(crate) fn side(a: &Architecture, side: &Backbone, seed: u64) -> Vec<Param> {
    let (width, inputs) = (a.width, side.architecture.width);
    let own = side.tensors.iter().filter(|(name, _)| is_part(name, &side.architecture));
    let own = own.map(|(name, tensor)| {
        Param::new(&format!("side.{name}"), &tensor.shape, tensor.data.clone())
    });
    let mut rng = stream(seed, Purpose::SideInit, [0, 0]);
    let spread = 1.0 / (inputs as f32).sqrt();
    let drawn = (0..width * inputs).map(|_| spread * rng.random_range(-1.0f32..1.0)).collect();
    let joint = [
        Param::new("side_projection.weight", &[width, inputs], drawn),
        Param::new("side_alpha", &[1], vec![0.0]),
    ];
    own.chain(joint).collect()
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;

    use super::*;

    #[test]
    fn all_of_it_learns_and_what_joins_it() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        let params = side(&backbone.architecture, &backbone, 0);
        let count: usize = params.iter().map(|param| param.values.len()).sum();
        let own: usize = backbone.tensors.values().map(|tensor| tensor.data.len()).sum();
        assert_eq!(count, own + 128 * 128 + 1);
        let [projection, alpha] = &params[params.len() - 2..] else { panic!("{}", params.len()) };
        let most = projection.values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!((0.9..=1.0).contains(&(most * 128.0f32.sqrt())), "{most}");
        assert_eq!(alpha.values, [0.0]);
    }
}
