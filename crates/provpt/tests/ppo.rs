//! One PPO update against the published PPO-PyTorch code on the same networks and experiences.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use provpt::allocators::{Experience, Linear, Mlp, Ppo, PpoSettings};
use safetensors::SafeTensors;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures");

/// A fixture's tensors and settings.
struct Fixture {
    bytes: Vec<u8>,
}

impl Fixture {
    fn open(name: &str) -> Self {
        Self { bytes: fs_err::read(Path::new(FIXTURES).join(name)).unwrap() }
    }

    fn tensor(&self, name: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        bytemuck::pod_collect_to_vec(file.tensor(name).unwrap().data())
    }

    fn setting<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        let (_, header) = SafeTensors::read_metadata(&self.bytes).unwrap();
        serde_json::from_str(&header.metadata().as_ref().unwrap()[name]).unwrap()
    }

    fn network(&self, name: &str) -> Mlp {
        let layer = |i| Linear {
            weight: self.tensor(&format!("{name}.{i}.weight")),
            bias: self.tensor(&format!("{name}.{i}.bias")),
        };
        Mlp { layers: [0, 2, 4].map(layer).into() }
    }

    fn ppo(&self) -> Ppo {
        let settings = PpoSettings {
            update_every: usize::MAX,
            discount: self.setting("gamma"),
            k_epoch: self.setting("k_epochs"),
        };
        Ppo::from_networks(self.network("init.actor"), self.network("init.critic"), settings)
    }

    /// The experiences as our policy before the update would have stored them.
    fn experiences(&self, ppo: &Ppo) -> Vec<Experience> {
        let actions: Vec<usize> = self.setting("actions");
        let rewards: Vec<f64> = self.setting("rewards");
        let states = self.tensor("states");
        let width = states.len() / actions.len();
        let steps = states.chunks_exact(width).zip(actions).zip(rewards);
        let experience = |((state, block), reward): ((&[f32], usize), f64)| Experience {
            state: state.to_vec(),
            block,
            log_probability: ppo.log_probabilities(state)[block],
            value: ppo.value(state),
            reward,
            reach: None,
        };
        steps.map(experience).collect()
    }
}

fn assert_close(what: &str, got: impl IntoIterator<Item = f64>, expected: &[f32], tolerance: f64) {
    let got: Vec<f64> = got.into_iter().collect();
    assert_eq!(got.len(), expected.len(), "{what}");
    let gaps = got.iter().zip(expected).map(|(g, &e)| (g - f64::from(e)).abs());
    let worst = gaps.fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: off by {worst:e}");
}

fn assert_network(what: &str, got: &Mlp, expected: &Mlp) {
    for (i, (got, expected)) in got.layers.iter().zip(&expected.layers).enumerate() {
        let values = |x: &[f32]| x.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        assert_close(&format!("{what} weight {i}"), values(&got.weight), &expected.weight, 1e-5);
        assert_close(&format!("{what} bias {i}"), values(&got.bias), &expected.bias, 1e-5);
    }
}

fn agrees(name: &str) {
    let fixture = Fixture::open(name);
    let mut ppo = fixture.ppo();
    let experiences = fixture.experiences(&ppo);
    let logs = experiences.iter().map(|e| e.log_probability);
    assert_close("log-probabilities", logs, &fixture.tensor("log_probs"), 1e-6);
    let values = experiences.iter().map(|e| e.value);
    assert_close("values", values, &fixture.tensor("values"), 1e-6);

    ppo.update(&experiences);
    assert_network("actor", ppo.actor(), &fixture.network("final.actor"));
    assert_network("critic", ppo.critic(), &fixture.network("final.critic"));
    let after = |e: &Experience| ppo.log_probabilities(&e.state).into_iter().map(f64::exp);
    let probabilities = experiences.iter().flat_map(after);
    assert_close("probabilities", probabilities, &fixture.tensor("final.probs"), 1e-6);
    let values = experiences.iter().map(|e| ppo.value(&e.state));
    assert_close("values after", values, &fixture.tensor("final.state_values"), 1e-5);
}

#[test]
fn two_experiences_undiscounted() {
    agrees("ppo.n2.g1.0.safetensors");
}

#[test]
fn eight_experiences_discounted() {
    agrees("ppo.n8.g0.9.safetensors");
}
