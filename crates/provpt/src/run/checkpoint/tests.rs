use super::*;
use crate::allocators::AllocatorKind;
use crate::config::Config;
use crate::learn::head::Head;
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::math::optimizer::{Group, OptimizerSettings, Update};
use crate::relocate::step::Relocation;
use provpt_base::{Purpose, stream};

const SGD: OptimizerSettings = OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.0 };

fn learner() -> Learner {
    let head = Head::init(2, 4, &mut stream(0, Purpose::HeadInit, [0, 0]));
    let parameters = Parameters { set: head.into_iter().collect(), bank: None };
    Learner { parameters, optimizer: Optimizer::new(SGD), objective: Objective::default() }
}

fn relocation(blocks: usize) -> Between {
    Some(Box::new(Relocation::new(&Config::default(), AllocatorKind::Fixed, blocks)))
}

fn progress() -> Progress {
    Progress { epoch: 3, best: Some((1, 0.5)), seconds: 1.5 }
}

/// The epochs of what is read back of what was written; or the error.
fn read_back(
    learner: &Learner,
    progress: &Progress,
    [stored, fresh]: [Between; 2],
) -> Result<usize, String> {
    decoded(&encode(learner, progress, &stored).unwrap(), fresh)
}

fn decoded(bytes: &[u8], mut fresh: Between) -> Result<usize, String> {
    match decode(Path::new("state"), bytes, &mut learner(), &mut fresh) {
        Ok(progress) => Ok(progress.epoch),
        Err(error) => Err(error.to_string().replace("state: ", "")),
    }
}

fn other(what: &str) -> Result<usize, String> {
    Err(format!("{what}: expected one of this configuration, got another"))
}

#[test]
fn training_goes_on_from_what_may_have_come_of_a_fresh_start() {
    let mut stepped = learner();
    let Learner { parameters, optimizer, .. } = &mut stepped;
    for (param, gradient) in parameters.set.iter_mut().zip([&[0.5; 8][..], &[1.0; 2]]) {
        let (group, values) = (Group::default(), &mut param.values[..]);
        optimizer.step(0.1, vec![Update { name: &param.name, group, values, gradient }]);
    }
    assert_eq!(read_back(&stepped, &progress(), [relocation(4), relocation(4)]), Ok(3));
    assert_eq!(read_back(&stepped, &progress(), [None, None]), Ok(3));
}

#[test]
fn arrays_and_memory_come_back_bit_for_bit() {
    let mut trained = learner();
    trained.parameters.set.values_mut("head.bias")[1] = 0.1;
    let stored = relocation(4);
    let bytes = encode(&trained, &progress(), &stored).unwrap();
    let (mut fresh, mut between) = (learner(), relocation(4));
    decode(Path::new("state"), &bytes, &mut fresh, &mut between).unwrap();
    assert_eq!(fresh.parameters, trained.parameters);
    assert_eq!(encode(&fresh, &progress(), &between).unwrap(), bytes);
}

#[test]
fn what_is_of_another_configuration_is_refused() {
    let read = |progress: &Progress, between| read_back(&learner(), progress, between);
    for between in [[relocation(5), relocation(4)], [None, relocation(4)], [relocation(4), None]] {
        assert_eq!(read(&progress(), between), other("relocator"));
    }
    let best = Progress { best: Some((usize::MAX, 1.0)), ..progress() };
    assert_eq!(read(&best, [None, None]), other("best epoch"));
    let mut more = learner();
    let (group, values, gradient) = (Group::default(), &mut [1.0][..], &[1.0][..]);
    more.optimizer.step(0.1, vec![Update { name: "prompts", group, values, gradient }]);
    assert_eq!(read_back(&more, &progress(), [None, None]), other("optimizer"));
    let mut adam = learner();
    adam.optimizer = Optimizer::new(OptimizerSettings::AdamW { weight_decay: 0.0 });
    assert_eq!(read_back(&adam, &progress(), [None, None]), other("optimizer"));
}

#[test]
fn scores_of_another_number_of_prompts_are_refused() {
    let bytes = encode(&learner(), &progress(), &relocation(4)).unwrap();
    let tensors = TensorReader::new(Path::new("state"), &bytes).unwrap();
    let json = String::from_utf8(tensors.u8("state").unwrap()).unwrap();
    let scores = r#""running":{"idleness":[1.0],"loss":0.0}"#;
    let json = json.replace(r#""running":null"#, scores);
    assert!(json.contains(scores));
    let writer = TensorWriter::default().u8("state", json.as_bytes());
    let bytes = writer.parameters(&learner().parameters).bytes().unwrap();
    assert_eq!(decoded(&bytes, relocation(4)), other("scores"));
}
