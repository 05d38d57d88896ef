internal import Glibc

/// The public sizes of one proof of a batch, from which everything about its messages follows: what the engine
/// sends and what the planner counts.
///
/// Roles for prover i (docs/protocols/bit-proof.md): left verifier i−1, right verifier i+1. All three parties prove
/// at the same time, so a stage is described once, for prover 0.
package struct ProofShape: Hashable, Sendable {
  /// What is proved.
  package enum Statement: Hashable, Sendable {
    /// AND gates, 64 to a word.
    case bits(words: Int)
    /// Products of ring words: `terms` products add up to `outputs` results.
    case words(outputs: Int, terms: Int)
    /// One matrix product.
    case matrix(rows: Int, inner: Int, columns: Int)
    /// Messages of shuffle passes about bit planes: rows that one prover sent, whatever the number of planes.
    case shuffledRows(Int)
    /// The same about ring words: words that one prover sent.
    case shuffledWords(Int)
  }

  /// Two parties and a size; offsets are relative to the prover.
  package struct Message: Hashable, Sendable {
    /// Who sends: 0 for the prover, else so many parties after it.
    package var from: Int
    /// Who receives, likewise.
    package var to: Int
    /// How long it is.
    package var bytes: Int
  }

  /// What is proved.
  package let statement: Statement
  /// How the claim is folded.
  package let plan: FoldPlan
  /// Bytes of the prover's messages to its left verifier, in order: what the statement needs, the levels, the last.
  package let proofBytes: [Int]

  /// Bytes of a seed.
  package static let seedBytes = 16
  /// Bytes of a digest.
  package static let digestBytes = 32
  /// Bytes of an element of the field.
  package static let elementBytes = 8
  /// A claimed integer sum: fixed-width two's complement.
  package static let claimBytes = 32
  /// Blocks of the first level of AND gates, of words and not of field elements.
  package static let bitFactor = 32
  /// Integer sums claimed for a batch of ring products: error 2^-64.
  package static let wordClaims = 64
  /// Integer sums claimed for a matrix product, each random in rows and in columns: error (3/4)^160 < 2^-66.
  package static let matrixClaims = 160

  /// The sizes that follow from a statement.
  package init(_ statement: Statement) {
    self.statement = statement
    switch statement {
    case .bits(let words):
      let groups = max(1, (2 * words + Self.bitFactor - 1) / Self.bitFactor)
      plan = FoldPlan(elements: 64 * groups, first: [8])
    case .words(_, let terms):
      // Products cost as many multiplications for each element as a level has blocks, which only counts where there
      // are many; fewer blocks may take a level more.
      plan = FoldPlan(elements: 2 * terms, first: terms < 1 << 15 ? [4, 4] : [4, 4, 8])
    case .matrix(_, let inner, _): plan = FoldPlan(elements: 2 * inner * Self.matrixClaims, first: [4, 4])
    case .shuffledRows(let rows): plan = FoldPlan(elements: rows, first: [8])
    case .shuffledWords(let words): plan = FoldPlan(elements: words, first: [4, 4])
    }
    let opening: [Int]
    switch statement {
    case .bits: opening = [(Self.bitFactor * Self.bitFactor - 1) * Self.elementBytes]
    case .words, .matrix, .shuffledWords: opening = [Self.claims(of: statement) * Self.claimBytes]
    case .shuffledRows: opening = []
    }
    proofBytes =
      opening + plan.levels.map { $0.products * Self.elementBytes } + [plan.finalProducts * Self.elementBytes]
  }

  /// Claimed integer sums; 0 for bits and rows.
  package var claims: Int { Self.claims(of: statement) }
  private static func claims(of statement: Statement) -> Int {
    switch statement {
    case .bits, .shuffledRows: 0
    case .words, .shuffledWords: wordClaims
    case .matrix: matrixClaims
    }
  }

  /// Bytes of the one message from left to right verifier.
  package var finalBytes: Int { (claims + 2) * Self.elementBytes }

  /// Ready; then challenge and proof in turn, the echo with the last proof; then the final message.
  package var stageCount: Int { 2 * proofBytes.count + 2 }

  /// The messages of one stage.
  package func messages(stage: Int) -> [Message] {
    let proofs = proofBytes
    if stage == 0 { return [Message(from: 1, to: 2, bytes: Self.digestBytes)] }
    if stage == stageCount - 1 { return [Message(from: 2, to: 1, bytes: finalBytes)] }
    if stage % 2 == 1 { return [Message(from: 2, to: 0, bytes: Self.seedBytes)] }
    let index = stage / 2 - 1
    var messages = [Message(from: 0, to: 2, bytes: proofs[index])]
    if index == proofs.count - 1 { messages.append(Message(from: 0, to: 1, bytes: Self.digestBytes)) }
    return messages
  }

  /// The last stage at which the operands of the gates are needed. Elements of the first level are made of them and not
  /// kept: they are made for the products of that level, and once more for its fold, which waits for the challenge of
  /// this stage.
  package static let lastStageWithOperands = 6

  /// Words of one vector of operands, for ``VerifierDescriptor/ownFlightsFrom``. Those of a matrix product are few for
  /// what it computes, and those of a shuffle are its results.
  package var operandWords: Int {
    switch statement {
    case .bits(let words): words
    case .words(_, let terms): terms
    case .matrix, .shuffledRows, .shuffledWords: 0
    }
  }

  /// Bytes of the vectors that a party holds while it proves and verifies: the four folded ones, and of a matrix product
  /// the four that are folded.
  package var workingBytes: Int {
    let folded = 4 * Self.elementBytes * (plan.levels.first?.groups ?? plan.finalElements)
    switch statement {
    case .bits, .words: return folded
    case .shuffledRows(let rows): return 5 * Self.elementBytes * rows
    case .shuffledWords(let words): return 3 * Self.elementBytes * words + folded
    case .matrix(_, let inner, _): return 4 * 2 * Self.elementBytes * inner * claims + folded
    }
  }

  /// log2 of the probability that a false batch passes (docs/proofs/verification.md).
  package var cheatingExponent: Double {
    let levels = Double(plan.levels.count)
    switch statement {
    case .bits:
      // Coefficients of degree 2, the level of words and every other level 2, the last message 2.
      return log2(2 + 2 * (levels + 1) + 2) - 64
    case .shuffledRows:
      // Coefficients of rows times those of columns 2, every level 2, the last message 2.
      return log2(2 + 2 * levels + 2) - 64
    case .words, .matrix, .shuffledWords:
      let primes = 54.6
      let claimed = self.claims == Self.wordClaims ? -64.0 : Double(Self.matrixClaims) * log2(0.75)
      return log2(exp2(claimed) + exp2(2 - primes) + (3 + 2 * levels) * exp2(-60))
    }
  }
}
