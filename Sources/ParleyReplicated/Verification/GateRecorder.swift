internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
internal import ParleyProgram

/// Collects the products that wait for a proof, and everything that must be covered before an opening.
struct GateRecorder<Word: RingWord> {
  private let digests: ProtocolDigest
  private let pool: BufferPool
  private let workers: ProofWorkers
  private(set) var schedule: VerificationSchedule
  private var bits = BitGates()
  private var words: WordGates<Word>
  private var matrices: [MatrixGates<Word>] = []
  /// Steps of the gates in each collection, in order: what the parties of a proof agree on.
  private var bitSteps: [StepID] = []
  private var wordSteps: [StepID] = []
  private var matrixSteps: [StepID] = []
  private var shuffledRows = ShuffledRows()
  private var shuffledWords = ShuffledWords<Word>()
  private var rowSteps: [StepID] = []
  private var columnSteps: [StepID] = []

  init(
    _ descriptor: VerifierDescriptor, party: Int, digests: ProtocolDigest, pool: BufferPool, workers: ProofWorkers
  ) {
    words = WordGates(party: party)
    self.pool = pool
    self.workers = workers
    schedule = VerificationSchedule(descriptor)
    self.digests = digests
  }

  var hasGates: Bool {
    bits.words > 0 || words.outputs > 0 || !matrices.isEmpty || !rowSteps.isEmpty || !columnSteps.isEmpty
  }

  // Each of these returns how many elements it has noted. A step without elements leaves nothing to prove.

  mutating func recordAnds(
    _ pairs: [(SharedPlane, SharedPlane)], results: [SharedPlane], count: Int, zero: ZeroSharing, step: StepID
  ) -> Int {
    let before = bits.words
    let recorded = bits.append(pairs, results: results, count: count, zero: zero)
    guard recorded > 0 else { return 0 }
    schedule.recordAnds(words: bits.words - before)
    bitSteps.append(step)
    return recorded
  }

  /// Elementwise products, for each result those of its list added up.
  mutating func recordProducts(
    _ lists: [[(SharedWords<Word>, SharedWords<Word>)]], results: [SharedWords<Word>], count: Int,
    zero: ZeroSharing, step: StepID
  ) -> Int {
    let before = words.terms
    let recorded = words.append(products: lists, results: results, count: count, zero: zero)
    return note(products: recorded, terms: words.terms - before, step)
  }

  mutating func recordSums(
    _ lists: [[(SharedWords<Word>, SharedWords<Word>)]], results: [SharedWords<Word>], zero: ZeroSharing,
    step: StepID
  ) -> Int {
    let before = words.terms
    let recorded = words.append(sums: lists, results: results, zero: zero)
    return note(products: recorded, terms: words.terms - before, step)
  }

  mutating func recordColumns(
    _ left: [SharedWords<Word>], _ right: [SharedWords<Word>], result: SharedWords<Word>, zero: ZeroSharing,
    step: StepID
  ) -> Int {
    let before = words.terms
    let recorded = words.append(columns: left, right, result: result, zero: zero)
    return note(products: recorded, terms: words.terms - before, step)
  }

  private mutating func note(products: Int, terms: Int, _ step: StepID) -> Int {
    guard products > 0 else { return 0 }
    schedule.recordProducts(outputs: products, terms: terms)
    wordSteps.append(step)
    return products
  }

  mutating func recordMatrix(_ gates: MatrixGates<Word>, step: StepID) -> Int {
    guard gates.rows > 0, gates.columns > 0 else { return 0 }
    schedule.recordMatrix(rows: gates.rows, inner: gates.inner, columns: gates.columns)
    matrices.append(gates)
    matrixSteps.append(step)
    return gates.rows * gates.columns
  }

  /// The planes or the ring words of a pass of a shuffle, whose messages have arrived. Without elements there is nothing
  /// to prove.
  mutating func recordShuffle(_ pass: ShuffledPass<SharedPlane>, step: StepID) -> Int {
    guard pass.rows > 0, !pass.before.isEmpty else { return 0 }
    shuffledRows.append(pass)
    schedule.recordShuffle(pass: pass.pass, words: 0, planes: pass.before.count, rows: pass.rows)
    rowSteps.append(step)
    return pass.before.count * pass.rows
  }
  mutating func recordShuffle(_ pass: ShuffledPass<SharedWords<Word>>, step: StepID) -> Int {
    guard pass.rows > 0, !pass.before.isEmpty else { return 0 }
    shuffledWords.append(pass)
    schedule.recordShuffle(pass: pass.pass, words: pass.before.count, planes: 0, rows: pass.rows)
    columnSteps.append(step)
    return pass.before.count * pass.rows
  }

  /// Drops the permutations of shuffles that were not proved.
  mutating func destroy() {
    (shuffledRows, shuffledWords) = (ShuffledRows(), ShuffledWords())
  }

  /// A batch whose proof begins now.
  struct Batch {
    let proof: any BatchProof
    let steps: [StepID]
    let gateDigest: [UInt8]
  }

  /// The batches that are complete at the end of a flight (see ``VerificationSchedule``).
  mutating func close(all: Bool, firstNumber: Int) -> [Batch] {
    var batches: [Batch] = []
    func add(_ proof: any BatchProof, _ steps: [StepID]) {
      let place = StepID(instruction: ProofRun.firstInstruction + firstNumber + batches.count)
      var digest = digests.stream(.gates, step: place, party: PartyIndex(0))
      var sizes = CanonicalWriter()
      switch proof.shape.statement {
      case .bits(let words): sizes.write(UInt64(words))
      case .words(let outputs, let terms):
        sizes.write(UInt64(outputs))
        sizes.write(UInt64(terms))
      case .matrix(let rows, let inner, let columns):
        for size in [rows, inner, columns] { sizes.write(UInt64(size)) }
      case .shuffledRows(let count), .shuffledWords(let count): sizes.write(UInt64(count))
      }
      sizes.write(list: steps) { $0.write($1.rawValue) }
      digest.update(sizes.bytes)
      batches.append(Batch(proof: proof, steps: steps, gateDigest: digest.finish()))
    }
    var nextMatrix = 0
    for shape in schedule.close(all: all) {
      switch shape.statement {
      case .bits:
        add(BitProof(bits, pool: pool, workers: workers), bitSteps)
        (bits, bitSteps) = (BitGates(), [])
      case .words:
        add(LiftedProof(words, shape: shape, ringBits: Word.bitWidth, pool: pool, workers: workers), wordSteps)
        (words, wordSteps) = (WordGates(party: words.party), [])
      case .matrix:
        add(
          LiftedProof(matrices[nextMatrix], shape: shape, ringBits: Word.bitWidth, pool: pool, workers: workers),
          [matrixSteps[nextMatrix]])
        nextMatrix += 1
      case .shuffledRows:
        add(ShuffleProof(shuffledRows, shape: shape, pool: pool), rowSteps)
        (shuffledRows, rowSteps) = (ShuffledRows(), [])
      case .shuffledWords(let elements):
        shuffledWords.elementCount = elements
        add(
          LiftedProof(shuffledWords, shape: shape, ringBits: Word.bitWidth, pool: pool, workers: workers),
          columnSteps)
        (shuffledWords, columnSteps) = (ShuffledWords(), [])
      }
    }
    matrices.removeFirst(nextMatrix)
    matrixSteps.removeFirst(nextMatrix)
    return batches
  }
}
