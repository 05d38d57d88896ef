package import BigInt

/// One operation on registers.
package struct Instruction: Hashable, Sendable {
  /// Unique in the program, bodies of reductions included: the instruction part of every ``StepID``, to which loops add
  /// their passes (``Repetition``).
  package var id: Int
  /// Elements of the results, if ``Kind`` does not say otherwise.
  package var length: Length
  /// Communication depth; for a local instruction, of its operands.
  package var round: Int
  /// What is done, with operands and results.
  package var kind: Kind
  /// The node of the program it comes from.
  package var node: Int?

  /// An instruction; see the properties.
  package init(id: Int, length: Length, round: Int, kind: Kind, node: Int? = nil) {
    self.id = id
    self.length = length
    self.round = round
    self.kind = kind
    self.node = node
  }

  /// A register times a public factor mod 2^64.
  package struct Term: Hashable, Sendable {
    /// Register of ring words that is multiplied.
    package var register: ArithRegister
    /// The public factor, mod 2^64.
    package var factor: UInt64
    /// A term of a linear combination.
    package init(_ register: ArithRegister, _ factor: UInt64) {
      self.register = register
      self.factor = factor
    }
  }
  /// Two operands of ring words.
  package struct ArithPair: Hashable, Sendable {
    /// The left and the right operand.
    package var a: ArithRegister, b: ArithRegister
    /// Two operands.
    package init(_ a: ArithRegister, _ b: ArithRegister) { (self.a, self.b) = (a, b) }
  }
  /// Two operands of bits.
  package struct PlanePair: Hashable, Sendable {
    /// The left and the right operand.
    package var a: PlaneRegister, b: PlaneRegister
    /// Two operands.
    package init(_ a: PlaneRegister, _ b: PlaneRegister) { (self.a, self.b) = (a, b) }
  }

  /// What an instruction does. Results are named `out`; each register is written by one instruction.
  package indirect enum Kind: Hashable, Sendable {
    // Inputs: shared by the holders before the first round.
    /// Input column `input` (index into the program) as ring words.
    case inputArith(input: Int, out: ArithRegister)
    /// Input column as bits of `value - offset`, least significant first.
    case inputPlanes(input: Int, offset: BigInt, out: [PlaneRegister])

    // Local.
    /// A public word in every element.
    case constantArith(UInt64, out: ArithRegister)
    /// A public bit in every element.
    case constantPlane(Bool, out: PlaneRegister)
    /// Σ factor·term + constant mod 2^64. A term of length 1 is repeated.
    case linear(terms: [Term], constant: UInt64, out: ArithRegister)
    /// Sum over all elements; `length` is the operand's, the result has length 1.
    case sumRows(ArithRegister, out: ArithRegister)
    /// Vectors of length 1 one after the other.
    case stackArith([ArithRegister], out: ArithRegister)
    /// One element, from 0, as a vector of length 1.
    case elementArith(ArithRegister, at: Int, out: ArithRegister)
    /// XOR elementwise, one result for each pair. A plane of length 1 is repeated.
    case xor([PlanePair], out: [PlaneRegister])
    /// Every bit flipped.
    case not([PlaneRegister], out: [PlaneRegister])
    /// Planes of length 1 side by side, for each list one result.
    case stackPlanes([[PlaneRegister]], out: [PlaneRegister])
    /// One element of each plane, from 0, as planes of length 1.
    case elementPlanes([PlaneRegister], at: Int, out: [PlaneRegister])
    /// Length 1 repeated to `length`.
    case repeatPlanes([PlaneRegister], out: [PlaneRegister])
    /// The rows of one holder out of planes with the rows of all; `length` is ``Length/part(_:table:)``.
    case slicePlanes([PlaneRegister], out: [PlaneRegister])
    /// Rows of several vectors one after the other; `length` is the result's.
    case concatenateArith([ArithRegister], out: ArithRegister)
    /// For each list one plane with the elements of all its planes, in order.
    case concatenatePlanes([[PlaneRegister]], out: [PlaneRegister])
    /// Rows in other places, by position; `length` is the result's, `from` the operands'.
    case moveRows(RowMove, RowBundle, from: Length, out: RowBundle)
    /// A plane that is 1 in row 0 only.
    case firstRow(out: PlaneRegister)
    /// The low bits of the numbers of a public sequence, the lowest bit first.
    case publicPlanes(Program.PublicSequence, out: [PlaneRegister])
    /// Uniform bits that nobody knows.
    case randomPlanes(out: [PlaneRegister])
    /// In row i the sum of rows 0 to i, mod 2^64.
    case runningSum(ArithRegister, out: ArithRegister)
    /// Row i times number i of a public sequence, mod 2^64.
    case scaleRows(ArithRegister, by: Program.PublicSequence, out: ArithRegister)

    // One round each.
    /// Elementwise products. An operand of length 1 is repeated.
    case multiply([ArithPair], out: [ArithRegister])
    /// For each list: the elementwise products of its pairs, added up. An operand of length 1 is repeated.
    case productSums([[ArithPair]], out: [ArithRegister])
    /// For each list: the sum over pairs and elements of the products, length 1. `length` is the operands'.
    case innerProducts([[ArithPair]], out: [ArithRegister])
    /// The product of two matrices, row by row: `rows` × `inner` and `inner` × `columns`.
    case matrixProduct(
      ArithRegister, ArithRegister, rows: Int, inner: Int, columns: Int, out: ArithRegister)
    /// LᵀR of matrices given by their columns, which are of `length`; the result has an element for each pair of columns, row-major.
    case columnProduct([ArithRegister], [ArithRegister], out: ArithRegister)
    /// AND elementwise, one result for each pair. A plane of length 1 is repeated.
    case and([PlanePair], out: [PlaneRegister])
    /// The low `width` bits of summands x_1 + … + x_k = x mod 2^64 as Boolean sharings, one list of planes for
    /// each summand; the engine's descriptor gives k.
    case summands(ArithRegister, width: Int, out: [[PlaneRegister]])
    /// Words t_1 … t_k with t_j = s_j >> bits (as unsigned words) for the summands s_1 + … + s_k = x mod 2^64 of
    /// ``summands(_:width:out:)``: exact truncation adds them and the carries that the shift loses.
    case shiftedSummands(ArithRegister, bits: Int, out: [ArithRegister])
    /// Bits b_1 ⊕ … ⊕ b_k = b as arithmetic sharings of 0 or 1; the descriptor gives k.
    case bitSummands([PlaneRegister], out: [[ArithRegister]])

    // Several rounds.
    /// Halves `state` until one element is left, in several rounds. With n elements and h = ⌈n/2⌉ the body gets the
    /// first h as `low` and the last h as `high`, and leaves the combined h elements in `combined`. For odd n the two
    /// overlap in one element, so the operation must be idempotent: minimum, maximum, or, and.
    case reduce(state: [PlaneRegister], body: ReductionBody, out: [PlaneRegister])
    /// Sums over all rows of numbers in bits (``SumMachine``), side by side: row i counts towards element i mod `results`
    /// of the results. The function is a full adder: of two planes and one it makes the sum and the carry.
    case sum(RowFunction, [BitSum], results: Int)

    /// The rows in an order that nobody knows: three passes, a round each.
    case shuffle(RowBundle, out: RowBundle)
    /// The rows of the bundle in ascending order of `keys` (unsigned, least significant plane first), rows with equal
    /// keys in the order they had.
    ///
    /// Keys and bundle are shuffled, comparisons of shuffled rows are opened (class N), and the rows are moved by the
    /// public order that these tell. `less` compares keys with the row's own number below them, in `indexBits` bits.
    case sort(keys: [PlaneRegister], indexBits: Int, less: RowFunction, RowBundle, out: RowBundle)
    /// The same by counting (radix sort, docs/protocols/sorting.md), some bits of `keys` at a time.
    ///
    /// For each digit the place of every row in stable order is computed. What moves is shuffled together with the
    /// places, and the places are opened (class N): they tell a uniformly random permutation. The bits still to come
    /// and the numbers of the rows move for every digit; the rows of the bundle move once, in the end. `digits` has one
    /// element for each width of ``RadixDigit/ranges(bits:)``.
    case radix(keys: [PlaneRegister], digits: [RadixDigit], RowBundle, out: RowBundle)
    /// The rows in ascending order, by a network of comparisons (``MergeExchange``): for engines that do not shuffle. The
    /// function takes two rows, of words, `indexBits` planes that number the rows, and planes; it gives the row that
    /// comes first and then the other.
    case network(RowFunction, RowBundle, indexBits: Int, out: RowBundle)
    /// Inclusive scan with an associative function.
    case scan(RowFunction, RowBundle, out: RowBundle)
    /// Work on every row, for one chunk of rows after the other (``RowChunks``). The function takes a chunk as its first
    /// operand, and nothing as its second.
    case chunked(RowFunction, ChunkedColumns)
    /// The same instructions so many times, with values that one pass leaves to the next.
    case repeated(Repetition)

    // The door out: after verification, in one last round, or two.
    /// One bit for each of ``LoweredProgram/verdicts`` and ``LoweredProgram/requirements``, to all computing parties, before anything else is opened.
    case openVerdicts(PlaneRegister)
    /// Opens ring words to the recipients of a disclosure.
    case openArith(ArithRegister, disclosure: Int)
    /// Opens planes, the lowest bit first, to the recipients of a disclosure.
    case openPlanes([PlaneRegister], disclosure: Int)
  }

  /// What goes into work in chunks and what comes out.
  package struct ChunkedColumns: Hashable, Sendable {
    /// Columns, of which the function gets a chunk.
    package var rows: RowBundle
    /// Registers of one element that the function reads as they are.
    package var shared: RowBundle
    /// Columns that the function's results are put together to.
    package var out: RowBundle
    /// For each of the function's words after those for ``out``, the sum over all chunks, of as many elements as ``sumCounts`` says.
    package var sums: [ArithRegister]
    /// Elements of each of ``sums``.
    package var sumCounts: [Int]
    /// Planes of one element, nil for none: the function's results after those for ``out`` are two numbers for each of
    /// these sums, which add them up over all chunks.
    package var bitSums: ChunkedSums?
    /// Columns of work in chunks; see the properties.
    package init(
      rows: RowBundle, shared: RowBundle, out: RowBundle, sums: [ArithRegister], sumCounts: [Int],
      bitSums: ChunkedSums? = nil
    ) {
      self.rows = rows
      self.shared = shared
      self.out = out
      self.sums = sums
      self.sumCounts = sumCounts
      self.bitSums = bitSums
    }
    /// All that is written, in the order of the function's results.
    package var results: RowBundle {
      RowBundle(arith: out.arith + sums, planes: out.planes + (bitSums?.planes ?? []))
    }
  }

  /// Sums of bits over all chunks.
  package struct ChunkedSums: Hashable, Sendable {
    /// Adds two numbers, as of ``Kind/sum(_:_:results:)``.
    package var adder: RowFunction
    /// Planes of the results: by sum, then the two numbers, then by weight.
    package var out: [[[PlaneRegister]]]
    /// Sums; see the properties.
    package init(adder: RowFunction, out: [[[PlaneRegister]]]) {
      self.adder = adder
      self.out = out
    }
    /// All planes of ``out``.
    package var planes: [PlaneRegister] { out.flatMap { $0.flatMap(\.self) } }
  }

  /// What halves a column once: pairs of elements become one.
  package struct ReductionBody: Hashable, Sendable {
    /// Planes of the first halves of the pairs.
    package var low: [PlaneRegister]
    /// Planes of the second halves.
    package var high: [PlaneRegister]
    /// Planes of what becomes of the pairs.
    package var combined: [PlaneRegister]
    /// Plane instructions only; rounds count from 1 within the body.
    package var instructions: [Instruction]
    /// Rounds of one halving.
    package var roundCount: Int
    /// A body; see the properties.
    package init(
      low: [PlaneRegister], high: [PlaneRegister], combined: [PlaneRegister], instructions: [Instruction],
      roundCount: Int
    ) {
      self.low = low
      self.high = high
      self.combined = combined
      self.instructions = instructions
      self.roundCount = roundCount
    }
  }

  /// Whether parties exchange messages for it.
  package var communicates: Bool { kind.communicates }
}

extension Instruction.Kind {
  /// The operation of the engine, if it is one.
  package var exchange: ExchangeKind? {
    switch self {
    case .multiply: .multiply
    case .innerProducts, .productSums: .innerProducts
    case .matrixProduct, .columnProduct: .matrixProduct
    case .and: .and
    case .summands: .summands
    case .shiftedSummands: .shiftedSummands
    case .bitSummands: .bitSummands
    default: nil
    }
  }

  /// Whether parties exchange messages for it.
  package var communicates: Bool {
    switch self {
    case .multiply, .productSums, .innerProducts, .matrixProduct, .columnProduct, .and, .summands,
      .shiftedSummands, .bitSummands, .reduce, .sum, .shuffle, .sort, .radix, .network, .scan, .chunked, .repeated,
      .openVerdicts,
      .openArith, .openPlanes:
      true
    default: false
    }
  }
}

extension Instruction {
  /// Whether it is a sorting network.
  package var isNetwork: Bool {
    if case .network = kind { true } else { false }
  }

  /// Whether the instruction is an algorithm over whole columns, or a loop, that takes its rounds for itself.
  package var isRowAlgorithm: Bool {
    switch kind {
    case .sum, .shuffle, .sort, .radix, .network, .scan, .chunked, .repeated: true
    default: false
    }
  }
}

extension Instruction.ReductionBody {
  /// The lengths h of the levels that reduce `count` elements to one.
  package static func levels(count: Int) -> [Int] {
    var lengths: [Int] = []
    var n = count
    while n > 1 {
      n = (n + 1) / 2
      lengths.append(n)
    }
    return lengths
  }
}
