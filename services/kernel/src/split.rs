//! Splitting an amount among parties by largest remainder (最大余数法), so that the parts add up
//! to the amount exactly. The law names ratios, never what happens to the last fen: ties go to the
//! party declared first.

use std::cmp::Reverse;

use crate::fen::Fen;

/// Splits `total` in proportion to `weights`. `None` when the weights add up to nothing.
pub fn largest_remainder(total: Fen, weights: &[u64]) -> Option<Vec<Fen>> {
    let whole: u128 = weights.iter().copied().map(u128::from).sum();
    let amount = u128::from(total.get().unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let scaled = amount * u128::from(*weight);
        parts.push(i64::try_from(scaled.checked_div(whole)?).ok()?);
        remainders.push((Reverse(scaled % whole), index));
    }
    let given: i64 = parts.iter().sum();
    let left = usize::try_from(total.get() - given).ok()?;
    remainders.sort_unstable();
    for (_, index) in remainders.iter().take(left) {
        parts[*index] += 1;
    }
    if parts.is_empty() {
        return None;
    }
    parts.into_iter().map(|part| Fen::new(part).ok()).collect()
}

/// Pays claims out of a quota (按比例兑付): in full when it covers them, else in proportion.
pub fn pro_rata(quota: Fen, claims: &[Fen]) -> Vec<Fen> {
    let weights: Vec<u64> = claims.iter().map(|claim| claim.get().unsigned_abs()).collect();
    let asked: u128 = weights.iter().copied().map(u128::from).sum();
    if asked <= u128::from(quota.get().unsigned_abs()) {
        return claims.to_vec();
    }
    largest_remainder(quota, &weights).unwrap_or_else(|| claims.to_vec())
}
