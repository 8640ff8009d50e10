use provpt_vit::{Architecture, Placement};

use super::*;
use crate::allocators::AllocatorKind;
use crate::config::{Config, Rebirth};
use crate::learn::head::Head;
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::math::optimizer::{Group, OptimizerSettings, Update};
use crate::relocate::step::Relocation;
use provpt_base::{Purpose, stream};

const SGD: OptimizerSettings = OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.0 };

fn learner() -> Learner {
    let head = Head::init(2, 4, 0, &mut stream(0, Purpose::HeadInit, [0, 0]));
    let parameters = Parameters { set: head.into_iter().collect(), bank: None };
    Learner::new(parameters, Optimizer::new(SGD), Objective::default())
}

fn relocation(blocks: usize) -> Between {
    Some(Box::new(Relocation::new(&Config::default(), AllocatorKind::Fixed, blocks).unwrap()))
}

fn progress() -> Progress {
    Progress { epoch: 3, best: Some((1, 0.5)), seconds: 1.5, found_rate: Some(0.004) }
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
    for epoch in [3, usize::MAX] {
        let best = Progress { best: Some((epoch, 1.0)), ..progress() };
        assert_eq!(read(&best, [None, None]), other("best epoch"));
    }
    let unvalidated = Progress { best: None, ..progress() };
    assert_eq!(read(&unvalidated, [None, None]), Ok(3));
    let best = Progress { best: Some((2, 1.0)), ..progress() };
    assert_eq!(read(&best, [None, None]), Ok(3), "the last of the epochs that are done");
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

/// Three prompts in two blocks.
fn with_prompts() -> Learner {
    let architecture = Architecture { mlp_width: 4, ..Architecture::plain(8, 4, 2, 2, 1) };
    let parts = PromptBank::from_parts(&architecture, Placement::Deep, vec![1.0; 6], vec![0, 0, 1]);
    let (bank, prompts) = parts.unwrap();
    let set = prompts.into_iter().collect();
    Learner::new(Parameters { set, bank: Some(bank) }, Optimizer::new(SGD), Objective::default())
}

#[test]
fn the_blocks_of_prompts_come_back_and_when_they_moved() {
    let mut moved = with_prompts();
    let rng = &mut stream(0, Purpose::Rebirth, [0, 0]);
    moved.parameters.relocate(0, 1, (Rebirth::Scale, 0.5), 2, rng).unwrap();
    let bytes = encode(&moved, &progress(), &None).unwrap();
    let mut fresh = with_prompts();
    let back = decode(Path::new("state"), &bytes, &mut fresh, &mut None).unwrap();
    assert_eq!(fresh.parameters, moved.parameters);
    assert_eq!((back.epoch, back.best, back.seconds), (3, Some((1, 0.5)), 1.5));
}

#[test]
fn prompts_of_another_number_or_in_no_block_are_refused() {
    let decoded = |edit: &dyn Fn(&mut Learner)| {
        let mut stored = with_prompts();
        edit(&mut stored);
        let bytes = encode(&stored, &progress(), &None).unwrap();
        let result = decode(Path::new("state"), &bytes, &mut with_prompts(), &mut None);
        result.map(|_| ()).map_err(|error| error.to_string().replace("state: ", ""))
    };
    assert_eq!(decoded(&|_| {}), Ok(()));
    fn bank(learner: &mut Learner) -> &mut PromptBank {
        learner.parameters.bank.as_mut().unwrap()
    }
    for block in [2, 7] {
        let blocks = decoded(&|learner| bank(learner).block_of[1] = block);
        assert_eq!(blocks, Err(format!("block_of: no block {block}")));
    }
    let fewer = decoded(&|learner| bank(learner).block_of.truncate(2));
    assert_eq!(fewer, Err("block_of: expected 3 values, got 2".to_owned()));
    let ages = decoded(&|learner| bank(learner).moved_at.push(None));
    assert_eq!(ages, Err("moved_at: expected 3 values, got 4".to_owned()));
}
