package import ParleyAlgebra
package import ParleyBase
package import ParleyNetwork
package import ParleyProgram

/// Where an engine obtains its correlated randomness from: the other party (oblivious transfer), somebody that all trust, or a
/// store of what was made ahead. Both parties of a pair get shares that belong together.
package protocol CorrelationSource: AnyObject {
  /// Its messages, for the planner.
  ///
  /// - Parameter perWord: bytes of a ring word.
  func offlineTraffic(perWord: Int) -> OfflineTraffic

  /// Receives what flight `flight` − 1 has brought and queues the messages of this one, at steps of ``StepID/preparation(_:sub:)``.
  ///
  /// - Parameter flight: from 0; the last is the number of flights, which queues nothing.
  /// - Returns: with the last flight, all that is demanded.
  func prepare<Word: RingWord>(
    _ demand: CorrelationDemand, of word: Word.Type, flight: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>?
}

/// All that a run takes, as a source has made it: by kind one vector after the other. Not to be copied.
package struct PreparedCorrelations<Word: RingWord>: ~Copyable {
  /// One party's shares of a, b and c.
  package struct Vectors<Element: FixedWidthInteger & UnsignedInteger & Sendable> {
    /// Shares of random elements.
    package let a: Storage<Element>
    /// Shares of random elements.
    package let b: Storage<Element>
    /// Shares of the products of a and b.
    package let c: Storage<Element>
    /// Three vectors that belong together.
    package init(a: Storage<Element>, b: Storage<Element>, c: Storage<Element>) {
      (self.a, self.b, self.c) = (a, b, c)
    }
  }
  let words: Vectors<Word>
  let bits: Vectors<UInt64>
  /// In the order of ``CorrelationDemand/sorted``, those of one shape after the other.
  let matrices: Vectors<Word>

  /// Vectors of each kind; those that are not demanded are empty.
  package init(words: Vectors<Word>, bits: Vectors<UInt64>, matrices: Vectors<Word>) {
    (self.words, self.bits, self.matrices) = (words, bits, matrices)
  }
}
