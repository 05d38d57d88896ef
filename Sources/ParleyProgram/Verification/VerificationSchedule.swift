/// When products are proved: which gates make up which proof, decided at the end of every flight of messages. The
/// engine and the cost model step through the same schedule, which is why plan and meter agree.
package struct VerificationSchedule: Sendable {
  package let descriptor: VerifierDescriptor
  private var bitWords = 0
  private var wordOutputs = 0
  private var wordTerms = 0
  private var matrices: [ProofShape] = []

  package init(_ descriptor: VerifierDescriptor) { self.descriptor = descriptor }

  /// Whether a proof that is at `stage` gets the next flight even if nothing else needs it.
  package func takesFlight(_ shape: ProofShape, stage: Int) -> Bool {
    shape.operandWords >= descriptor.ownFlightsFrom && stage <= ProofShape.lastStageWithOperands
  }
  /// Nothing waits for a proof to begin.
  package var isEmpty: Bool { bitWords == 0 && wordOutputs == 0 && matrices.isEmpty }

  package mutating func recordAnds(words: Int) { bitWords += words }
  package mutating func recordProducts(outputs: Int, terms: Int) {
    wordOutputs += outputs
    wordTerms += terms
  }
  package mutating func recordMatrix(rows: Int, inner: Int, columns: Int) {
    matrices.append(ProofShape(.matrix(rows: rows, inner: inner, columns: columns)))
  }

  /// The proofs that begin after this flight, in the order of their numbers: bits, words, matrices.
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
    return closed
  }
}

/// How an engine that withstands deviating parties verifies its products, as plain data.
package struct VerifierDescriptor: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable {
    /// Distributed zero-knowledge proofs (protocol brief 4.4.1 and 4.4.2).
    case proofs
    /// A second, multiplied sharing of every ring word (4.4.3); bits are proved.
    case macs
  }
  package var method: Method
  /// Pending words of AND gates from which on a proof begins.
  package var bitWordsPerProof: Int
  /// Pending ring products from which on a proof begins.
  package var wordTermsPerProof: Int
  /// Words of operands from which on a proof gets flights of its own until it has folded them: they would otherwise be
  /// kept for as many flights of the computation. Smaller proofs travel along.
  package var ownFlightsFrom: Int
  /// Bytes of the message that closes a verification, from every party to both others.
  package var closingBytes: Int

  package init(
    method: Method, bitWordsPerProof: Int, wordTermsPerProof: Int, ownFlightsFrom: Int = 1 << 19, closingBytes: Int
  ) {
    self.method = method
    self.bitWordsPerProof = bitWordsPerProof
    self.wordTermsPerProof = wordTermsPerProof
    self.ownFlightsFrom = ownFlightsFrom
    self.closingBytes = closingBytes
  }
}
