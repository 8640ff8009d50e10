//! A label as a file has it: a number, or a name.

use std::collections::HashSet;

use provpt_base::quoted;
use serde_json::Value;

/// A label as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Label {
    Number(i64),
    Name(String),
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Label {
    /// The whole number that it is. Text is one only as programs print it: `7` and `-1`, but not
    /// `07`, `+7` or `7.0`, which are names that nobody may shorten.
    fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(name) => {
                name.parse().ok().filter(|number: &i64| number.to_string() == *name)
            }
        }
    }

    /// What JSON has: a whole number (also as `2.0`, which some programs print), true or false, or text
    /// that is not blank.
    pub(super) fn of_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                number.as_i64().or_else(|| whole(number.as_f64()?)).map(Self::Number)
            }
            Value::Bool(yes) => Some(Self::Number(i64::from(*yes))),
            Value::String(name) => {
                let name = name.trim();
                (!name.is_empty()).then(|| Self::Name(name.to_owned()))
            }
            _ => None,
        }
    }

    fn become_number(&mut self, number: fn(&Self) -> Option<i64>) {
        if let Some(number) = number(self) {
            *self = Self::Number(number);
        }
    }

    /// The number that its digits make, leading zeros and all.
    fn digits(&self) -> Option<i64> {
        match self {
            Self::Name(name) => digits(name),
            Self::Number(_) => self.number(),
        }
    }
}

/// A number without a fraction, as far as a float counts one by one.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// A number from 0 in digits alone, which may begin with zeros.
pub(super) fn digits(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Makes labels of one kind: numbers where all are whole numbers, also as text, else names. A remark
/// tells where that is not plain to see. `names` are those of `labels.txt`: where it has none of the
/// labels, and all are digits, they count its lines, in any width (`00042`).
pub(crate) fn agree<'a>(
    labels: impl IntoIterator<Item = &'a mut Label>,
    names: &[String],
) -> Option<String> {
    let mut labels: Vec<&mut Label> = labels.into_iter().collect();
    let Some(name) = labels.iter().find(|label| label.number().is_none()).map(ToString::to_string)
    else {
        labels.iter_mut().for_each(|label| label.become_number(Label::number));
        return None;
    };
    if digits(&name).is_some() && count_lines(&labels, names) {
        labels.iter_mut().for_each(|label| label.become_number(Label::digits));
        return None;
    }
    let (all, numbers) = (labels.len(), labels.iter().filter(|l| l.number().is_some()).count());
    let padded = digits(&name).is_some();
    let name = quoted(&name);
    let remark = match numbers {
        0 if padded => {
            Some(format!("labels: with leading zeros (such as {name}) they are names, not numbers"))
        }
        0 => None,
        _ => Some(format!(
            "labels: {numbers} of {all} are numbers, others are names (such as {name}): all are \
             taken for names"
        )),
    };
    for label in labels {
        *label = Label::Name(label.to_string());
    }
    remark
}

/// Whether labels are digits alone, and none of them a name of `labels.txt`.
fn count_lines(labels: &[&mut Label], names: &[String]) -> bool {
    let names: HashSet<&str> = names.iter().map(String::as_str).collect();
    let counts = |label: &Label| match label {
        Label::Name(name) => digits(name).is_some() && !names.contains(name.as_str()),
        Label::Number(_) => true,
    };
    !names.is_empty() && labels.iter().all(|label| counts(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels that text becomes, numbers without quotes, and the remark.
    fn agreed(labels: &[&str], names: &[&str]) -> (String, Option<String>) {
        let mut labels: Vec<Label> = labels.iter().map(|l| Label::Name((*l).to_owned())).collect();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let remark = agree(&mut labels, &names);
        let words = labels.iter().map(|label| match label {
            Label::Number(number) => number.to_string(),
            Label::Name(name) => format!("'{name}'"),
        });
        (words.collect::<Vec<_>>().join(" "), remark)
    }

    #[test]
    fn labels_agree_on_numbers_or_on_names() {
        let mut labels = [Label::Number(3), Label::Name("12".to_owned())];
        assert_eq!(agree(&mut labels, &[]), None);
        assert_eq!(labels, [Label::Number(3), Label::Number(12)]);
        let mut labels = [Label::Number(3), Label::Name("cat".to_owned())];
        let told =
            "labels: 1 of 2 are numbers, others are names (such as cat): all are taken for names";
        assert_eq!(agree(&mut labels, &[]).unwrap(), told);
        assert_eq!(labels, ["3", "cat"].map(|name| Label::Name(name.to_owned())));
        assert_eq!(agreed(&["-1", "0", "12"], &[]), ("-1 0 12".to_owned(), None));
        assert_eq!(agreed(&["dog", "cat"], &[]), ("'dog' 'cat'".to_owned(), None));
    }

    #[test]
    fn a_number_is_what_programs_print() {
        for name in [
            "01",
            "007",
            "00",
            "+1",
            "-0",
            "-01",
            "1.0",
            "1e3",
            "0x1",
            "1 ",
            "9".repeat(30).as_str(),
        ] {
            assert_eq!(agreed(&[name, name], &[]).0, format!("'{name}' '{name}'"));
        }
        let (labels, told) = agreed(&["01", "02", "10"], &[]);
        assert_eq!(labels, "'01' '02' '10'");
        assert!(
            told.unwrap().starts_with("labels: 1 of 3 are numbers, others are names (such as 01)")
        );
        let told = agreed(&["01", "02"], &[]).1.unwrap();
        assert_eq!(told, "labels: with leading zeros (such as 01) they are names, not numbers");
    }

    #[test]
    fn json_has_whole_numbers_truths_and_names() {
        let of = |json: &str| Label::of_json(&serde_json::from_str(json).unwrap());
        for (json, number) in
            [("3", 3), ("-1", -1), ("2.0", 2), ("1e2", 100), ("true", 1), ("false", 0)]
        {
            assert_eq!(of(json), Some(Label::Number(number)), "{json}");
        }
        assert_eq!(of("\" 01 \""), Some(Label::Name("01".to_owned())));
        for json in ["2.5", "1e300", "null", "\" \"", "\"\"", "[1]", "{}"] {
            assert_eq!(of(json), None, "{json}");
        }
    }

    #[test]
    fn digits_of_any_width_count_the_lines_of_a_file_of_names() {
        let names = ["stop", "yield"];
        assert_eq!(agreed(&["00001", "00000"], &names), ("1 0".to_owned(), None));
        assert_eq!(agreed(&["00001", "stop"], &names).0, "'00001' 'stop'");
        assert_eq!(agreed(&["+1", "00000"], &names).0, "'+1' '00000'");
        assert_eq!(agreed(&["01", "02"], &["00", "01"]).0, "'01' '02'");
    }
}
