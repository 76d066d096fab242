//! The generalised Pareto distribution of the excesses: fitted, and asked.

use super::RAREST;

/// Fewer excesses give no moments worth having; then their plain count answers.
const FIT_MIN: usize = 20;
/// The shape is kept between these: below, the tail would end close by and everything beyond be infinitely rare (a stream
/// with a hard end is judged too mildly instead); above, the moments do not exist.
const SHAPE: (f64, f64) = (-0.2, 0.45);

/// Shape and scale of the excesses over `start`. Few excesses have no moments worth having: then an exponential tail of
/// their mean, drawn towards `unit`; without a unit a scale of 0, and their plain count answers.
pub(super) fn fit(excesses: &[f32], start: f32, unit: f64) -> (f64, f64) {
    let n = excesses.len() as f64;
    let over = || excesses.iter().map(|v| f64::from(*v) - f64::from(start));
    if excesses.len() < FIT_MIN {
        let few = FIT_MIN as f64 / 4.0;
        return (0.0, if unit > 0.0 { ((over().sum::<f64>() + unit * few) / (n + few)).max(unit) } else { 0.0 });
    }
    let mean = over().sum::<f64>() / n;
    let variance = over().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if mean <= 0.0 || !mean.is_finite() || !variance.is_finite() {
        return (0.0, unit);
    }
    let shape = if variance > 0.0 { 0.5 * (1.0 - mean * mean / variance) } else { SHAPE.0 };
    let shape = shape.clamp(SHAPE.0, SHAPE.1);
    // The mean of the distribution is scale / (1 - shape): it stays right where the shape had to be bounded.
    (shape, (mean * (1.0 - shape)).max(unit))
}

/// `P(X > x)` of the generalised Pareto distribution.
pub(super) fn survival(x: f64, shape: f64, scale: f64) -> f64 {
    if shape.abs() < 1e-6 {
        return (-x / scale).exp();
    }
    (1.0 + shape * x / scale).max(0.0).powf(-1.0 / shape).max(1.0 / (RAREST * RAREST))
}
