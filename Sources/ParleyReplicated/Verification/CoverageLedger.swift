package import ParleyBase

/// What has been computed and must be covered by a check before anything is opened: one entry for every step that
/// multiplies. A step that is never covered, or covered twice, ends the session (docs/protocols/bit-proof.md, The
/// end). Steps that no check covers are the usual way in which implementations lose their security.
package struct CoverageLedger: Sendable {
  private var open: Set<StepID> = []
  /// Those of passes of loops that are over are not kept: no step of them is entered again.
  private var covered = PassLedger<StepID>()

  /// Nothing has been computed.
  package init() {}

  /// A step has been computed, and must be covered from now on.
  ///
  /// - Throws: `internal/invariant` where it was computed before.
  package mutating func enter(_ step: StepID) throws(ParleyError) {
    guard !covered.contains(step, at: step.instruction), open.insert(step).inserted else {
      throw Self.broken("a step was computed twice", step)
    }
  }
  /// The same, where all its elements have been noted.
  ///
  /// - Parameters:
  ///   - recorded: elements that were noted for the check.
  ///   - expected: elements that were computed.
  package mutating func enter(_ step: StepID, recorded: Int, of expected: Int) throws(ParleyError) {
    guard recorded == expected else {
      throw Self.broken("\(expected) elements were computed and \(recorded) noted for their check", step)
    }
    try enter(step)
  }
  /// A check covers the step.
  ///
  /// - Throws: `internal/invariant` where it was not computed, or is covered already.
  package mutating func cover(_ step: StepID) throws(ParleyError) {
    guard open.remove(step) != nil else {
      throw Self.broken(
        covered.contains(step, at: step.instruction)
          ? "a step was covered by two checks" : "a check covers a step that was not computed",
        step)
    }
    _ = covered.insert(step, at: step.instruction)
  }
  /// A pass of a loop begins, whose steps have these numbers of instructions.
  package mutating func begin(pass numbers: Range<Int>) { covered.begin(pass: numbers) }
  /// The pass that began last is over: no step of it is entered again. Those that no check has covered yet stay open.
  package mutating func endPass() { covered.endPass() }
  /// Everything has been covered.
  package func requireEmpty() throws(ParleyError) {
    if let step = open.min() { throw Self.broken("a step was not covered by any check", step) }
  }
  /// Steps that no check has covered yet.
  package var uncovered: Int { open.count }
  /// Steps that have been covered, as far as they are kept.
  package var coveredCount: Int { covered.count }

  private static func broken(_ what: String, _ step: StepID) -> ParleyError {
    ParleyError(
      .invariant, what, at: .init(item: step.description), remedy: "report this: nothing was opened after it")
  }
}
