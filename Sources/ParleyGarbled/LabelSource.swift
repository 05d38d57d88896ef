package import ParleyBase

/// Random correlated transfers between garbler and evaluator: of each the garbler has a row W, and the evaluator a random bit r and V = W ⊕ r Δ.
///
/// Each party has its own object of one kind; both take the same amounts in the same order. A row is given out once. What makes rows, and what messages that takes,
/// is the source's matter: it is done before the run, and the engine's plan does not count it.
package protocol LabelSource: AnyObject {
  /// At the garbler: Δ, two words, the lowest bit of which is 1. The same for all rows.
  func difference() throws(ParleyError) -> Storage<UInt64>
  /// At the garbler: the next rows, two words each.
  func garblerRows(_ count: Int) throws(ParleyError) -> Storage<UInt64>
  /// At the evaluator: the next rows, two words each, and their bits, 64 to a word.
  func evaluatorRows(_ count: Int) throws(ParleyError) -> (rows: Storage<UInt64>, bits: Storage<UInt64>)
  /// Overwrites what is left.
  func destroy()
}
