internal import BigInt
package import ParleyBase

/// Choices of the lowering that do not change what is computed.
package struct LoweringOptions: Sendable, Hashable {
  /// How holders share number columns.
  package enum InputForm: Sendable, Hashable {
    /// As ring words, as bits or both, by what the program does with them.
    case planned
    /// As ring words only (benchmarks that measure the conversion).
    case arithmetic
  }
  /// Form in which holders share columns.
  package var inputForm: InputForm
  /// Bits of a quotient found per step of a division of short vectors; long ones use 1.
  package var divisionRadix: Int
  /// Whether columns are shared and checked as for an adversary that is ``Adversary/malicious``, on engines for a
  /// semi-honest one as well (benchmarks that compare the two).
  package var checksInputs: Bool
  /// Leaves out the checks whatever the adversary: for benchmarks of single operations, on made-up data.
  package var insecureUncheckedInputs: Bool
  /// Columns that can be longer are worked on in chunks of so many rows.
  package var chunkRows: Int
  /// How engines that shuffle sort; nil leaves it to the planner.
  package var sortWay: SortWay?
  /// Of columns that can have more rows than this, the rows with a bit set are counted in bits, by full adders: that
  /// takes an AND a row instead of a product, in more rounds. Shorter ones are counted by products.
  package var countsInBitsAbove: Int
  /// Products that are only added to others are one sum of products.
  package var joinsProducts: Bool

  /// Choices; every one has the value that studies run with.
  package init(
    inputForm: InputForm = .planned, divisionRadix: Int = 3, checksInputs: Bool = false,
    insecureUncheckedInputs: Bool = false, chunkRows: Int = RowChunks.defaultRows,
    sortWay: SortWay? = nil, countsInBitsAbove: Int = 1 << 14, joinsProducts: Bool = true
  ) {
    self.inputForm = inputForm
    self.divisionRadix = divisionRadix
    self.checksInputs = checksInputs
    self.insecureUncheckedInputs = insecureUncheckedInputs
    self.chunkRows = chunkRows
    self.sortWay = sortWay
    self.countsInBitsAbove = countsInBitsAbove
    self.joinsProducts = joinsProducts
  }
}

/// Turns a ``Program`` into the instruction set of engines.
///
/// Every node is computed in the domain where it is cheap, on demand: sums and products as ring words,
/// comparisons, extrema, division and roots as bits. A value wanted in both domains is converted once. For engines without
/// ring words everything is bits.
package final class Lowering {
  let program: Program
  let descriptor: EngineDescriptor
  let options: LoweringOptions
  let emitter: Emitter
  var ariths: NodeTable<ArithRegister>
  var words: NodeTable<Word>
  var bits: NodeTable<Bit>
  var bitWords: [PlaneRegister: ArithRegister] = [:]
  var summandWords: [PlaneRegister: [ArithRegister]] = [:]
  var inputs = Inputs()
  var tuples: NodeTable<TupleColumns>
  /// See ``firstSummands(_:)``.
  var leadingWords: [PlaneRegister: ArithRegister] = [:]
  /// By node, how often it is read.
  let uses: [Int]
  /// See ``countProducts()``.
  private(set) lazy var productCounts: [Int] = countProducts()
  /// See ``formDemand()``.
  private(set) lazy var demand: [ColumnKey: Forms] = formDemand()
  /// By input, the one form in which holders share it; nil where holders are trusted to share two that agree.
  let forms: [Int: SharedForm]?
  /// Of a lowering of one pass of a loop.
  var surroundings: Surroundings?
  /// By loop, which of its values are carried as bits.
  var loopForms: [Program.NodeID: [Bool]] = [:]
  private let largestTables: [Int]

  /// - Parameter lowers: false where only ``prefersBits(_:)`` is asked for.
  init(
    _ program: Program, _ descriptor: EngineDescriptor, _ options: LoweringOptions, forms: [Int: SharedForm]?,
    emitter: Emitter = Emitter(), surroundings: Surroundings? = nil, lowers: Bool = true
  ) {
    self.program = program
    self.descriptor = descriptor
    self.options = options
    self.forms = forms
    bitsAsWords = Self.bitsAsWords(program)
    uses = Self.uses(of: program)
    self.emitter = emitter
    self.surroundings = surroundings
    largestTables = program.tables.map(\.maximumRows)
    let count = program.nodes.count
    ariths = NodeTable(count: count)
    words = NodeTable(count: count)
    bits = NodeTable(count: count)
    tuples = NodeTable(count: count)
    bitsPreference = Array(repeating: nil, count: count)
    guard lowers else { return }
    bitForms = BitForms(
      program, inputsHaveBits: options.inputForm == .planned,
      capturedHaveBits: {
        surroundings?.outside.hasBits(surroundings?.captured[$0] ?? .init(rawValue: 0)) ?? false
      }
    ) { prefersBits($0) }
  }

  /// The instructions that compute and open all disclosures of `program` on the described engine.
  ///
  /// - Throws: `plan/overflow` where a value does not fit the engine's word, with node, interval and remedy.
  package static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init()
  ) throws(ParleyError) -> LoweredProgram {
    try lower(
      program, for: descriptor, options: options, forms: forms(of: program, for: descriptor, options: options))
  }

  /// In which form holders share each column, where they are not trusted to share two that agree. The same for both
  /// verifiers.
  package struct InputForms: Sendable {
    fileprivate var byInput: [Int: SharedForm]?
  }

  /// What the program asks for does not depend on the forms: one pass to see it, one to compute.
  ///
  /// - Throws: as ``lower(_:for:options:)``.
  package static func forms(
    of program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init()
  ) throws(ParleyError) -> InputForms {
    try program.checkScopes()
    guard checksInputs(descriptor, options) else { return InputForms(byInput: nil) }
    let survey = Lowering(VectorBatches.applied(to: program), descriptor, options, forms: nil)
    try survey.openAll()
    return InputForms(byInput: survey.singleForms())
  }
  private static func checksInputs(_ descriptor: EngineDescriptor, _ options: LoweringOptions) -> Bool {
    (descriptor.adversary == .malicious || options.checksInputs) && !options.insecureUncheckedInputs
  }

  /// - Parameter forms: what ``forms(of:for:options:)`` says of the program.
  package static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init(), forms: InputForms
  ) throws(ParleyError) -> LoweredProgram {
    try program.checkScopes()
    let program = VectorBatches.applied(to: program)
    let isChecked = checksInputs(descriptor, options)
    let lowering = Lowering(program, descriptor, options, forms: forms.byInput)
    try lowering.openAll()
    let verdicts = try lowering.openVerdicts(onRows: isChecked)
    var lowered = Scheduler.schedule(try lowering.inChunks(), lowering.emitter.registers)
    guard lowered.numberCount <= LoweredProgram.mostNumbers else {
      throw ParleyError(
        .init("plan/too-large"),
        "with its loops the computation has \(lowered.numberCount) instructions; \(LoweredProgram.mostNumbers) are the most",
        remedy: "make fewer passes, or compute less in each")
    }
    lowered.chunkRows = options.chunkRows
    lowered.verdicts = verdicts
    lowered.requirements = program.requirements
    lowered.owners = CostOwners(program, lowering.emitter.registers)
    return lowered
  }

  /// Operations before they are put into instructions: more would take more than about 300 MB and two seconds.
  package static let mostOperations = 1_000_000

  /// - Throws: `plan/too-large`
  func checkSize(_ id: Program.NodeID) throws(ParleyError) {
    try checkSize(at: program[id].origin)
  }
  /// Registers are counted, each written by one operation: also those of functions that are applied to rows.
  func checkSize(at origin: String?) throws(ParleyError) {
    guard emitter.registers.count <= Self.mostOperations else {
      throw ParleyError(
        .init("plan/too-large"), "the computation has more than \(Self.mostOperations) gates",
        at: origin.map { .init(item: $0) },
        remedy: "split the study: fewer statistics, comparisons or joins in each")
    }
  }

  /// Operations that are looked at to work in chunks on columns of many different lengths, each once for every length that it stands among.
  package static let mostChunkedOperations = 3_000_000

  /// What was emitted, with work on long columns in chunks.
  ///
  /// - Throws: `plan/too-large`
  func inChunks() throws(ParleyError) -> [RawOperation] {
    if let chunked = Chunking.applied(
      to: emitter.operations, emitter.registers, upTo: Self.mostChunkedOperations, isLong: { self.isLong($0) })
    {
      return chunked
    }
    throw ParleyError(
      .init("plan/too-large"), "the computation works on long columns of too many different lengths",
      remedy: "split the study: fewer joins and subqueries in each; or lower maximum-rows of the tables")
  }

  /// Whether columns of a length are worked on in chunks.
  func isLong(_ length: Length) -> Bool { length.mayExceed(options.chunkRows, tables: largestTables) }

  private func openAll() throws(ParleyError) {
    for (index, disclosure) in program.disclosures.enumerated() { try open(disclosure, index) }
    for requirement in program.requirements {
      emitter.node = requirement.violated.rawValue
      _ = try bit(requirement.violated)
    }
  }

  // MARK: Openings

  /// How the opened planes of an integer node are read: two's complement when the range reaches below 0.
  package static func openedWidth(of type: Program.ValueType) -> Int {
    guard case .integer(let range) = type.sort else { return 1 }
    return range.lower < 0 ? range.signedWidth : max(range.signedWidth - 1, 1)
  }

  func open(_ disclosure: Program.Disclosure, _ index: Int) throws(ParleyError) {
    let node = program[disclosure.node]
    let length = length(node.type.shape)
    emitter.node = disclosure.node.rawValue
    if node.type.isBit {
      let plane = emitter.materialised(try bit(disclosure.node), length: length)
      emitter.emit(.openPlanes([plane], disclosure: index), length, planesIn: [plane])
    } else if prefersBits(disclosure.node) {
      let word = try word(disclosure.node).resized(Self.openedWidth(of: node.type))
      let planes = word.bits.map { emitter.materialised($0, length: length) }
      emitter.emit(.openPlanes(planes, disclosure: index), length, planesIn: planes)
    } else {
      let register = try wholeArith(disclosure.node)
      emitter.emit(.openArith(register, disclosure: index), length, arithIn: [register])
    }
  }

  // MARK: Domains

  func length(_ shape: Program.Shape) -> Length {
    switch shape {
    case .fixed(let count): return .fixed(count)
    case .rows(let table): return .rows(table: table.rawValue)
    case .concatenated, .first, .product: break
    }
    if let known = lengths[shape] { return known }
    let length: Length
    switch shape {
    case .fixed(let count): length = .fixed(count)
    case .rows(let table): length = .rows(table: table.rawValue)
    case .concatenated(let parts): length = .sum(SharedList(parts.map { self.length($0) }))
    case .first(let count, let whole): length = .atMost(count, self.length(whole))
    case .product(let outer, let inner): length = .product(self.length(outer), self.length(inner))
    }
    lengths[shape] = length
    return length
  }

  /// Whether the node's values are ring words of an engine that has any.
  func fitsWord(_ node: Program.NodeID) -> Bool {
    descriptor.hasWords && program[node].type.range.signedWidth <= 64
  }

  /// By node: nil where it is not known yet.
  private var bitsPreference: [Bool?]
  // Nothing that changes is a lazy property: these are copied for every change.
  private(set) var bitForms = BitForms()
  /// Bits that ring words are made of in any case.
  let bitsAsWords: Set<Program.NodeID>
  /// Of shapes that are put together; each once, so that lengths are compared in one step.
  private var lengths: [Program.Shape: Length] = [:]

  /// Whether the node is natural as bits: its operation works on bits, or its value does not fit a ring word.
  func prefersBits(_ id: Program.NodeID) -> Bool {
    if let known = bitsPreference[id.rawValue] { return known }
    let answer = computePreference(id)
    bitsPreference[id.rawValue] = answer
    return answer
  }

  private func computePreference(_ id: Program.NodeID) -> Bool {
    guard descriptor.hasWords else { return true }
    let node = program[id]
    if node.type.isBit { return true }
    switch node.operation {
    case .extremum, .quotient, .squareRoot: return true
    case .carried(let index): return surroundings?.inBits[index] ?? true
    case .captured(let index):
      return surroundings.map { $0.outside.prefersBits($0.captured[index]) } ?? true
    case .sum, .innerProduct: return !fitsWord(id) || countsInBits(id)
    case .input, .constant, .productSum, .matrixProduct, .columnProduct, .integer: return !fitsWord(id)
    case .multiply(let a, let b):
      // Circuits that multiply are for single values; a column is multiplied in the ring if the product fits a word.
      guard case .fixed = node.type.shape else { return !fitsWord(id) }
      return !fitsWord(id) || prefersBits(a) || prefersBits(b)
    case .add(let a, let b), .subtract(let a, let b):
      return !fitsWord(id) || prefersBits(a) || prefersBits(b)
    case .scale(let a, _), .truncate(let a, _), .element(let a, _): return !fitsWord(id) || prefersBits(a)
    case .select(_, let a, let b): return !fitsWord(id) || prefersBits(a) || prefersBits(b)
    case .stack(let parts), .concatenate(let parts):
      return !fitsWord(id) || parts.contains { prefersBits($0) }
    case .spread(let a, _), .shift(let a, _), .reversed(let a), .prefix(let a, _), .outer(let a, _),
      .inner(let a, _):
      return !fitsWord(id) || prefersBits(a)
    case .runningSum, .positional: return !fitsWord(id)
    case .pick(let a, _): return !fitsWord(id) || prefersBits(a)
    case .component(let tuple, let index):
      if case .repeated(let loop) = program[tuple].operation { return carriedInBits(loop, tuple)[index] }
      guard let (operand, scan) = program.carried(tuple, index), scan == nil || scan == .first else {
        return !fitsWord(id) || program.carried(tuple, index)?.scan != .sum
      }
      return !fitsWord(id) || prefersBits(operand)
    default: return true
    }
  }

  /// Whether bits of the node cost no conversion from ring words.
  func hasBits(_ id: Program.NodeID) -> Bool { bitForms.has(id) }
  /// The node has been converted.
  func gainBits(_ id: Program.NodeID) { bitForms.gain(id) }

  func overflow(_ id: Program.NodeID, _ what: String) -> ParleyError {
    let node = program[id]
    return ParleyError(
      .init("plan/overflow"),
      "\(what) can reach \(node.type.range), which needs \(node.type.range.signedWidth) bits; 64 are there",
      at: node.origin.map { .init(item: $0) },
      remedy: "narrow the declared ranges of the columns involved, lower maximum-rows, or reduce the scale")
  }
}
