/// When products are proved: which gates make up which proof, decided at the end of every flight of messages. The
/// engine and the cost model step through the same schedule, which is why plan and meter agree.
package struct VerificationSchedule: Hashable, Sendable {
  /// From how many gates on proofs begin.
  package let descriptor: VerifierDescriptor
  private var bitWords = 0
  private var wordOutputs = 0
  private var wordTerms = 0
  private var matrices: [ProofShape] = []
  /// By pass.
  private var shuffledRows = [0, 0, 0]
  private var shuffledWords = [0, 0, 0]

  /// Nothing is recorded.
  package init(_ descriptor: VerifierDescriptor) { self.descriptor = descriptor }

  /// Whether a proof that is at `stage` gets the next flight even if nothing else needs it.
  package func takesFlight(_ shape: ProofShape, stage: Int) -> Bool {
    shape.operandWords >= descriptor.ownFlightsFrom && stage <= ProofShape.lastStageWithOperands
  }
  /// Nothing waits for a proof to begin.
  package var isEmpty: Bool { bitWords == 0 && wordOutputs == 0 && matrices.isEmpty }

  /// So many words of 64 AND gates were computed.
  package mutating func recordAnds(words: Int) { bitWords += words }
  /// Products of ring words were computed: so many results, of so many products in all.
  package mutating func recordProducts(outputs: Int, terms: Int) {
    wordOutputs += outputs
    wordTerms += terms
  }
  /// A product of matrices was computed; each is proved for itself.
  package mutating func recordMatrix(rows: Int, inner: Int, columns: Int) {
    matrices.append(ProofShape(.matrix(rows: rows, inner: inner, columns: columns)))
  }
  /// One pass of a shuffle with so many columns of words and planes.
  package mutating func recordShuffle(pass: Int, words: Int, planes: Int, rows: Int) {
    shuffledWords[pass] += words * rows
    if planes > 0 { shuffledRows[pass] += rows }
  }

  /// Elements of the longest of the provers' vectors: P_q has proofs to give of passes q and q − 1.
  private static func elements(_ passes: [Int]) -> Int {
    (0..<3).reduce(0) { max($0, passes[$1] + passes[($1 + 2) % 3]) }
  }
  /// Shuffles are proved whole unless nothing follows: then all provers' vectors have the same length.
  private func isDue(_ passes: [Int], all: Bool) -> Bool {
    let elements = Self.elements(passes)
    let isWhole = passes[0] == passes[1] && passes[1] == passes[2]
    return elements > 0 && (all || isWhole && elements >= descriptor.shuffleElementsPerProof)
  }

  /// The proofs that begin after this flight, in the order of their numbers: bits, words, matrices, rows and words of
  /// shuffles.
  ///
  /// - Parameter all: nothing follows, so that everything that is left is proved.
  package mutating func close(all: Bool) -> [ProofShape] {
    var closed: [ProofShape] = []
    if bitWords > 0, all || bitWords >= descriptor.bitWordsPerProof {
      closed.append(ProofShape(.bits(words: bitWords)))
      bitWords = 0
    }
    if wordOutputs > 0, all || wordTerms >= descriptor.wordTermsPerProof {
      closed.append(ProofShape(.words(outputs: wordOutputs, terms: wordTerms)))
      (wordOutputs, wordTerms) = (0, 0)
    }
    closed += matrices
    matrices = []
    if isDue(shuffledRows, all: all) {
      closed.append(ProofShape(.shuffledRows(Self.elements(shuffledRows))))
      shuffledRows = [0, 0, 0]
    }
    if isDue(shuffledWords, all: all) {
      closed.append(ProofShape(.shuffledWords(Self.elements(shuffledWords))))
      shuffledWords = [0, 0, 0]
    }
    return closed
  }
}

/// How an engine that withstands deviating parties verifies its products, as plain data.
package struct VerifierDescriptor: Sendable, Hashable {
  /// How ring words are verified; bits are proved either way.
  package enum Method: String, Sendable, Hashable {
    /// Distributed zero-knowledge proofs (docs/protocols/bit-proof.md, ring-proof.md).
    case proofs
    /// A second, multiplied sharing of every ring word (docs/protocols/macs.md); bits are proved.
    case macs
  }
  /// How ring words are verified.
  package var method: Method
  /// Pending words of AND gates from which on a proof begins.
  package var bitWordsPerProof: Int
  /// Pending ring products from which on a proof begins.
  package var wordTermsPerProof: Int
  /// Rows or words of finished shuffles, of one prover, from which on a proof begins.
  package var shuffleElementsPerProof: Int
  /// Words of operands from which on a proof gets flights of its own until it has folded them. Proofs of fewer travel
  /// with the computation; a large one would keep its operands for as many flights of that.
  package var ownFlightsFrom: Int
  /// Bytes of the message that closes a verification, from every party to both others.
  package var closingBytes: Int

  /// A verifier; see the properties.
  package init(
    method: Method, bitWordsPerProof: Int, wordTermsPerProof: Int, shuffleElementsPerProof: Int = 1 << 19,
    ownFlightsFrom: Int = 1 << 19, closingBytes: Int
  ) {
    self.shuffleElementsPerProof = shuffleElementsPerProof
    self.method = method
    self.bitWordsPerProof = bitWordsPerProof
    self.wordTermsPerProof = wordTermsPerProof
    self.ownFlightsFrom = ownFlightsFrom
    self.closingBytes = closingBytes
  }
}
