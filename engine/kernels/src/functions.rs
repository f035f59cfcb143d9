//! Element-wise functions. Each says how far it may be from the exact value; NaN stays NaN.

use super::lanes::{self, F4};

/// A function of single values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Relu,
    Relu6,
    /// `slope · x` below 0.
    LeakyRelu {
        slope: f32,
    },
    /// `alpha · (eˣ − 1)` below 0.
    Elu {
        alpha: f32,
    },
    Tanh,
    /// `a · tanh(s · x)`.
    ScaledTanh {
        a: f32,
        s: f32,
    },
    Sigmoid,
    Silu,
    HardSigmoid,
    HardSwish,
    /// With the error function.
    Gelu,
}

fn s(value: f32) -> F4 {
    F4::splat(value)
}

/// `Σ coefficients[i] · xⁱ`, the highest power first.
#[inline(always)]
fn polynomial<const N: usize>(x: F4, coefficients: [f32; N]) -> F4 {
    let mut sum = s(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = sum.madd(x, s(coefficient));
    }
    sum
}

/// The hyperbolic tangent within 4e-7: a quotient of polynomials of degree 13 and 6 (the
/// coefficients of the Eigen library), ±1 beyond ±7.9.
#[inline(always)]
pub fn tanh(x: F4) -> F4 {
    const LIMIT: f32 = 7.905_311;
    let x = x.at_least(s(-LIMIT)).at_most(s(LIMIT));
    let square = x.mul(x);
    let above = polynomial(
        square,
        [
            -2.760_768_4e-16,
            2.000_188e-13,
            -8.604_672e-11,
            5.122_297e-8,
            1.485_722_4e-5,
            6.372_619_3e-4,
            4.893_524_6e-3,
        ],
    );
    let below = polynomial(
        square,
        [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3],
    );
    x.mul(above).div(below)
}

/// eˣ within 2e-7 of its value; x is taken as at least -87 and at most 88.
#[inline(always)]
pub fn exp(x: F4) -> F4 {
    let x = x.at_least(s(-87.0)).at_most(s(88.0));
    let whole = x.mul(s(std::f32::consts::LOG2_E)).round();
    // ln 2 in two parts, of which the first has few bits.
    let rest = whole.madd(s(-0.693_359_4), x);
    let rest = whole.madd(s(2.121_944_4e-4), rest);
    let bent = polynomial(
        rest,
        [
            1.987_569_1e-4,
            1.398_2e-3,
            8.333_452e-3,
            4.166_579_6e-2,
            0.166_666_66,
            0.5,
        ],
    );
    let one = bent.madd(rest.mul(rest), rest.add(s(1.0)));
    one.mul(whole.exp2_of_whole())
}

/// 1 / (1 + e⁻ˣ) within 1e-7.
#[inline(always)]
pub fn sigmoid(x: F4) -> F4 {
    s(1.0).div(exp(F4::ZERO.sub(x)).add(s(1.0)))
}

/// `relu6(x + 3) / 6`, exact but for rounding.
#[inline(always)]
fn hard_sigmoid(x: F4) -> F4 {
    let raised = x.add(s(3.0)).at_least(F4::ZERO).at_most(s(6.0));
    raised.mul(s(1.0 / 6.0))
}

/// The error function within 5e-7: a quotient of polynomials of degree 13 and 8 (the coefficients
/// of the Eigen library), ±1 beyond ±4.
#[inline(always)]
pub fn erf(x: F4) -> F4 {
    let x = x.at_least(s(-4.0)).at_most(s(4.0));
    let square = x.mul(x);
    let above = polynomial(
        square,
        [
            -2.726_142_4e-10,
            2.770_681_4e-8,
            -2.101_024e-6,
            -5.692_506_4e-5,
            -7.349_906_3e-4,
            -2.954_6e-3,
            -1.609_603_3e-2,
        ],
    );
    let below = polynomial(
        square,
        [
            -1.456_607_2e-5,
            -2.133_740_6e-4,
            -1.682_827e-3,
            -7.373_329_2e-3,
            -1.426_473_9e-2,
        ],
    );
    x.mul(above).div(below)
}

/// Each function's loop is a function of its own: in one of all of them a browser keeps every
/// function's constants in memory.
#[inline(never)]
fn each(values: &mut [f32], f: impl Fn(F4) -> F4) {
    lanes::each(values, f);
}

/// Applies a function in place.
#[inline(never)]
pub fn apply(function: Function, values: &mut [f32]) {
    match function {
        Function::Relu => each(values, |x| x.at_least(F4::ZERO)),
        Function::Relu6 => each(values, |x| x.at_least(F4::ZERO).at_most(s(6.0))),
        Function::LeakyRelu { slope } => {
            let slope = s(slope);
            each(values, |x| x.mul(slope).where_negative(x, x));
        }
        Function::Elu { alpha } => {
            let alpha = s(alpha);
            each(values, |x| {
                exp(x).sub(s(1.0)).mul(alpha).where_negative(x, x)
            });
        }
        Function::Tanh => each(values, tanh),
        Function::ScaledTanh { a, s: slope } => {
            let (a, slope) = (s(a), s(slope));
            each(values, |x| tanh(x.mul(slope)).mul(a));
        }
        Function::Sigmoid => each(values, sigmoid),
        Function::Silu => each(values, |x| x.mul(sigmoid(x))),
        Function::HardSigmoid => each(values, hard_sigmoid),
        Function::HardSwish => each(values, |x| x.mul(hard_sigmoid(x))),
        Function::Gelu => each(values, |x| {
            let half = erf(x.mul(s(std::f32::consts::FRAC_1_SQRT_2))).add(s(1.0));
            x.mul(half).mul(s(0.5))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest distance from `exact`, absolute, on a grid of `range`.
    fn worst(
        f: impl Fn(F4) -> F4,
        exact: impl Fn(f64) -> f64,
        range: [f32; 2],
        share: bool,
    ) -> f64 {
        const COUNT: usize = 200_001;
        let step = (range[1] - range[0]) / (COUNT - 1) as f32;
        let error = |place: usize| {
            let x = range[0] + step * place as f32;
            let mut got = [0.0; 4];
            f(F4::splat(x)).store(&mut got);
            let wanted = exact(f64::from(x));
            let error = (f64::from(got[0]) - wanted).abs();
            if share { error / wanted } else { error }
        };
        (0..COUNT).map(error).fold(0.0, f64::max)
    }

    /// By its series, which converges everywhere and cancels little up to 4 in 64-bit floats.
    fn exact_erf(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            let n = f64::from(n);
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    }

    #[test]
    fn the_approximations_keep_their_bounds() {
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        let errors = [
            (worst(tanh, f64::tanh, [-12.0, 12.0], false), 4e-7),
            (worst(exp, f64::exp, [-86.5, 87.5], true), 2e-7),
            (worst(sigmoid, logistic, [-30.0, 30.0], false), 1e-7),
            (worst(erf, exact_erf, [-4.5, 4.5], false), 5e-7),
        ];
        for (error, bound) in errors {
            assert!(error < bound, "{errors:?}");
        }
    }

    #[test]
    fn not_a_number_stays_and_infinity_has_its_limit() {
        let functions = [
            (Function::Relu, [f32::INFINITY, 0.0]),
            (Function::Relu6, [6.0, 0.0]),
            (Function::Tanh, [1.0, -1.0]),
            (Function::Elu { alpha: 1.0 }, [f32::INFINITY, -1.0]),
            (Function::Sigmoid, [1.0, 0.0]),
            (Function::HardSigmoid, [1.0, 0.0]),
        ];
        for (function, limits) in functions {
            let mut values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, f32::NAN];
            apply(function, &mut values);
            assert!(values[0].is_nan() && values[4].is_nan(), "{function:?}");
            for (got, wanted) in values[1..3].iter().zip(limits) {
                let near = (got - wanted).abs() < 1e-6 || *got == wanted;
                assert!(near, "{function:?}: {got}, wanted {wanted}");
            }
        }
    }
}
