package import ParleyAlgebra
package import ParleyBase

/// One party's shares of triples of vectors: c is the product of a and b, elementwise or as matrices. Used once.
package struct Triples<Word: FixedWidthInteger & UnsignedInteger & Sendable>: ~Copyable {
  package let a: Storage<Word>
  package let b: Storage<Word>
  package let c: Storage<Word>

  /// For sources only.
  package init(a: Storage<Word>, b: Storage<Word>, c: Storage<Word>) {
    self.a = a
    self.b = b
    self.c = c
  }
}

/// Where an engine takes correlated randomness from. What is given for a step is given once: both parties of a pair ask for the
/// same step and get shares that belong together, in whatever order steps come.
package protocol CorrelationSource: AnyObject {
  /// Triples of words modulo 2^k.
  /// - Throws: `internal/randomness-reuse` where the step has had its triples.
  func wordTriples<Word: RingWord>(
    _ word: Word.Type, count: Int, step: StepID
  ) throws(ParleyError) -> Triples<Word>
  /// Triples of bits, 64 to a word.
  func bitTriples(words: Int, step: StepID) throws(ParleyError) -> Triples<UInt64>
  /// a has rows × inner elements, b inner × columns, c rows × columns.
  func matrixTriple<Word: RingWord>(
    _ word: Word.Type, rows: Int, inner: Int, columns: Int, step: StepID
  ) throws(ParleyError) -> Triples<Word>
}
