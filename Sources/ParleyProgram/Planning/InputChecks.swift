/// What it costs not to trust data holders: columns shared in one form instead of two, and range checks.
package struct InputChecks: Sendable, Hashable {
  /// AND-ed bits, a party, that checking adds.
  package var andBits: Int
  /// Ring words multiplied, a party, that checking adds.
  package var multiplications: Int
  /// Bits that the computing parties learn: one for each table and holder that is checked.
  package var verdicts: Int

  /// - Parameter trusting: the same program, lowered for the same engine as if holders were trusted.
  package init(_ plan: Plan, trusting: LoweredProgram) {
    // Bytes and proofs do not matter here.
    var descriptor = plan.descriptor
    descriptor.verifier = nil
    let without = CostModel.cost(of: trusting, on: descriptor, shape: plan.shape)
    andBits = plan.cost.andBits - without.andBits
    multiplications = plan.cost.multiplications - without.multiplications
    verdicts = plan.lowered.verdicts.count
  }
}
