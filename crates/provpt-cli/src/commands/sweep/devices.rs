//! Which devices a sweep is to use.

use provpt_vit::DeviceInfo;

use crate::failure::Failure;

/// Names of devices for `words`: `auto`, `cpu`, or numbers of what is `there`; none for no words.
pub(super) fn chosen(words: &[String], there: &[DeviceInfo]) -> Result<Vec<String>, Failure> {
    let card = |number: usize| format!("gpu:{number}");
    let known = || std::iter::once("cpu".to_owned()).chain((0..there.len()).map(card));
    if let [auto] = words
        && auto == "auto"
    {
        let cards = there.iter().enumerate().filter(|(_, info)| !info.is_software);
        let cards: Vec<String> = cards.map(|(number, _)| card(number)).collect();
        return Ok(if cards.is_empty() { vec!["cpu".to_owned()] } else { cards });
    }
    match words.iter().find(|word| known().all(|known| known != **word)) {
        None => Ok(words.to_vec()),
        Some(got) => {
            let known = known().collect::<Vec<_>>().join(", ");
            let built = if provpt_vit::HAS_GPU { "" } else { " (built without the feature gpu)" };
            let message =
                format!("--devices: expected auto, or some of {known}{built}, got {got:?}");
            Err(Failure::usage(message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(is_software: bool) -> DeviceInfo {
        DeviceInfo { name: "x".to_owned(), driver: "y".to_owned(), is_software }
    }

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_there_can_be_chosen() {
        let there = [info(false), info(false), info(true)];
        let all = |text: &str| chosen(&words(text), &there).unwrap();
        assert_eq!(all("auto"), words("gpu:0 gpu:1"));
        assert_eq!(all("gpu:2 cpu gpu:2"), words("gpu:2 cpu gpu:2"));
        assert!(all("").is_empty());
        assert_eq!(chosen(&words("auto"), &there[2..]).unwrap(), words("cpu"));
        for wrong in ["gpu:3", "gpu", "CPU", "cpu auto", "gpu:00"] {
            let failure = chosen(&words(wrong), &there).unwrap_err();
            let Failure::Usage(message) = failure else { panic!("{wrong}") };
            assert!(
                message
                    .starts_with("--devices: expected auto, or some of cpu, gpu:0, gpu:1, gpu:2")
            );
        }
    }
}
