//! Numbers as people read them. What is missing is a dash; what is not finite says so.

use provpt_runs::Score;

/// What stands for a value that is not there.
pub(crate) const MISSING: &str = "–";
/// What stands for a number that is not finite.
pub(crate) const NOT_FINITE: &str = "not finite";

/// The accuracy of a score as a percentage; `diverged` where its loss is not finite.
pub(crate) fn accuracy(score: &Score) -> String {
    score.accuracy().map_or("diverged".to_owned(), |top1| percent(Some(top1)))
}

/// A fraction as a percentage with one decimal: `61.3 %`.
pub(crate) fn percent(fraction: Option<f64>) -> String {
    finite(fraction, |x| format!("{:.1} %", 100.0 * x))
}

/// Three significant digits, with an exponent where that is shorter: `0.0213`, `−1.2e−5`.
pub(crate) fn number(value: Option<f64>) -> String {
    finite(value, |x| match x.abs() {
        0.0 => "0".to_owned(),
        1e-3..1e4 => format!("{x:.*}", decimals(x)),
        _ => minus(&format!("{x:.2e}")),
    })
}

/// A coefficient in `[-1, 1]` with its sign: `+0.83`.
pub(crate) fn coefficient(value: Option<f64>) -> String {
    finite(value, |x| format!("{x:+.2}"))
}

/// A tick label with as many decimals as the distance of the ticks asks for.
pub(crate) fn tick(value: f64, step: f64) -> String {
    let value = if value.abs() < step / 2.0 { 0.0 } else { value };
    let decimals = (-step.log10()).ceil().max(0.0);
    if decimals > 3.0 || value.abs() >= 1e5 {
        if value == 0.0 {
            return "0".to_owned();
        }
        let digits = (value.abs().log10().floor() - step.log10().floor()).clamp(0.0, 4.0);
        return minus(&format!("{value:.*e}", digits as usize));
    }
    minus(&format!("{value:.*}", decimals as usize))
}

/// A whole number in groups of three: `1,204,331`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 epoch`, `2 epochs`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", count(number as u64), if number == 1 { "" } else { "s" })
}

/// `12.3 s`, `4 min 12 s`, `2 h 03 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NOT_FINITE.to_owned();
    }
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// `812 MiB`, `1.5 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mib = bytes as f64 / (1 << 20) as f64;
    if mib < 1000.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

fn finite(value: Option<f64>, format: impl Fn(f64) -> String) -> String {
    match value {
        Some(x) if x.is_finite() => minus(&format(x)),
        Some(_) => NOT_FINITE.to_owned(),
        None => MISSING.to_owned(),
    }
}

fn decimals(value: f64) -> usize {
    (2.0 - value.abs().log10().floor()).clamp(0.0, 5.0) as usize
}

fn minus(text: &str) -> String {
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let shown = [0.0, 1.0, -0.021_34, 123.4, 1e-5, -1.23e-7, 54_321.0, f64::NAN];
        let texts = shown.map(|x| number(Some(x)));
        let expected =
            ["0", "1.00", "−0.0213", "123", "1.00e−5", "−1.23e−7", "5.43e4", "not finite"];
        assert_eq!(texts, expected);
        assert_eq!(number(None), "–");
        assert_eq!(percent(Some(0.6129)), "61.3 %");
        assert_eq!(percent(Some(f64::INFINITY)), "not finite");
        assert_eq!(coefficient(Some(0.826)), "+0.83");
        assert_eq!(coefficient(Some(-0.4)), "−0.40");
    }

    #[test]
    fn ticks_have_the_decimals_of_their_step() {
        assert_eq!([0.0, 0.5, 1.0].map(|v| tick(v, 0.5)), ["0.0", "0.5", "1.0"]);
        assert_eq!([0.0, 2e-5, -1.5e-4].map(|v| tick(v, 1e-5)), ["0", "2e−5", "−1.5e−4"]);
        assert_eq!(tick(1e-17, 0.2), "0.0");
        assert_eq!(tick(250_000.0, 50_000.0), "2.5e5");
    }

    #[test]
    fn counts_times_and_sizes() {
        assert_eq!([7, 999, 1000, 1_204_331].map(count), ["7", "999", "1,000", "1,204,331"]);
        assert_eq!(
            [1, 0, 2000].map(|n| counted(n, "epoch")),
            ["1 epoch", "0 epochs", "2,000 epochs"]
        );
        let times = [0.25, 59.4, 252.0, 7404.0].map(duration);
        assert_eq!(times, ["0.2 s", "59.4 s", "4 min 12 s", "2 h 03 min"]);
        assert_eq!([812 << 20, 1536 << 20].map(bytes), ["812 MiB", "1.5 GiB"]);
    }
}
