//! A network that learns beside the frozen one, as it is before the first step (Zhang et al.,
//! Side-Tuning, ECCV 2020).

use provpt_vit::AlexNetShape;
use provpt_vit::weights::SideNetwork;
use rand::RngExt;

use crate::learn::parameters::Parameters;
use crate::learn::set::Param;
use crate::learn::thaw::is_part;
use provpt_base::{Purpose, stream};

/// In front of the names of the network's own arrays.
const OWN: &str = "side.";

/// All arrays of the network beside one of this width; what brings its features to that width, from
/// U(-1/sqrt(n), 1/sqrt(n)) for its n features; and 0, which gives both half the say.
pub(crate) fn side(width: usize, side: &SideNetwork, seed: u64) -> Vec<Param> {
    let inputs = side.features();
    let learns = |name: &str| match side {
        SideNetwork::Transformer(backbone) => is_part(name, &backbone.architecture),
        SideNetwork::AlexNet(_) => true,
    };
    let own = side.tensors().filter(|(name, _)| learns(name));
    let own = own.map(|(name, tensor)| {
        Param::new(&format!("{OWN}{name}"), &tensor.shape, tensor.data.clone())
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

/// The AlexNet among what was learned, if there is one: its arrays alone say which.
pub(crate) fn alexnet(parameters: &Parameters) -> Option<AlexNetShape> {
    let outputs = |name: &str| {
        let name = format!("{OWN}{name}");
        let param = parameters.thawed().find(|param| param.name == name)?;
        param.shape.first().copied()
    };
    let [a, b, c, d, e] = AlexNetShape::WEIGHTS.map(outputs);
    Some(AlexNetShape::new([a?, b?, c?, d?, e?]))
}

#[cfg(test)]
mod tests {
    use provpt_vit::Backbone;
    use provpt_vit::registry;
    use provpt_vit::weights::{AlexNet, LoadOptions, Tensor};

    use super::*;

    fn count(params: &[Param]) -> usize {
        params.iter().map(|param| param.values.len()).sum()
    }

    #[test]
    fn all_of_it_learns_and_what_joins_it() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        let own: usize = backbone.tensors.values().map(|tensor| tensor.data.len()).sum();
        let params = side(128, &SideNetwork::Transformer(Box::new(backbone)), 0);
        assert_eq!(count(&params), own + 128 * 128 + 1);
        let [projection, alpha] = &params[params.len() - 2..] else { panic!("{}", params.len()) };
        let most = projection.values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!((0.9..=1.0).contains(&(most * 128.0f32.sqrt())), "{most}");
        assert_eq!(alpha.values, [0.0]);
    }

    #[test]
    fn so_many_numbers_learn_beside_a_base_vit() {
        let shape = AlexNetShape::PUBLISHED;
        let tensor = |shape: Vec<usize>| Tensor { data: vec![0.0; shape.iter().product()], shape };
        let arrays = shape.arrays().into_iter();
        let tensors = arrays.map(|(name, shape)| (name.to_owned(), tensor(shape))).collect();
        let network = AlexNet { name: "alexnet".to_owned(), shape, tensors };
        let width = registry::find("vit_base_patch16_224").unwrap().architecture.width;
        let params = side(width, &SideNetwork::AlexNet(network), 0);
        assert_eq!(count(&params), 2_469_696 + 7_077_888 + 1);
        let projection = &params[10];
        let most = projection.values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!((0.999..=1.0).contains(&(most * 96.0)), "{most}");
        let set = params.into_iter().collect();
        assert_eq!(alexnet(&Parameters { set, bank: None }), Some(shape));
    }
}
