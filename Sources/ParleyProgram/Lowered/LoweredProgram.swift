/// A register that holds a vector of ring words (arithmetic sharing over Z_2^64).
package struct ArithRegister: Hashable, Sendable {
  /// Number of the register among those of its kind, from 0.
  package let index: Int
  /// The register of this number.
  package init(_ index: Int) { self.index = index }
}

/// A register that holds one bit plane: one Boolean-shared bit for each element.
package struct PlaneRegister: Hashable, Sendable {
  /// Number of the register among those of its kind, from 0.
  package let index: Int
  /// The register of this number.
  package init(_ index: Int) { self.index = index }
}

/// The length of a register, symbolic until the rows are known.
package indirect enum Length: Hashable, Sendable {
  /// So many elements.
  case fixed(Int)
  /// As many as the table has rows, of all holders together.
  case rows(table: Int)
  /// All of these lengths together.
  case sum(SharedList<Length>)
  /// The number, or the length where that is less.
  case atMost(Int, Length)
  /// Every element of one with every element of the other.
  case product(Length, Length)
  /// The rows that one holder of a table contributes, by its position among the holders.
  case part(Int, table: Int)
  /// Inside the body of a ``Instruction/Kind/reduce(state:body:out:)``: half of the current length, rounded up. Inside
  /// a function of rows: as many as it is applied to.
  case half

  /// What lengths are at most when they are evaluated: products of tables can have more rows than can be counted.
  package static let most = 1 << 60

  /// Elements for so many rows, ``most`` at the most.
  ///
  /// - Parameters:
  ///   - rows: of every table.
  ///   - half: what ``half`` stands for where the length is used.
  package func evaluate(rows: RowCounts, half: Int = 0) -> Int {
    switch self {
    case .fixed(let count): count
    case .rows(let table): rows[table]
    case .part(let index, let table): rows.part(index, of: table).count
    case .sum(let parts): parts.reduce(0) { min(Self.most, $0 + $1.evaluate(rows: rows, half: half)) }
    case .atMost(let count, let whole): min(count, whole.evaluate(rows: rows, half: half))
    case .product(let outer, let inner):
      Self.product(outer.evaluate(rows: rows, half: half), inner.evaluate(rows: rows, half: half))
    case .half: half
    }
  }
  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? most : min(product, most)
  }
}

/// A program in the instruction set of engines: what one party executes, the same for all.
///
/// Instructions are in execution order. Those that communicate carry the round they belong to; all
/// communicating instructions of one round are started before any of them is finished, and `flush` is called
/// once between. Local instructions run as soon as their operands are there. Registers are written once.
package struct LoweredProgram: Hashable, Sendable {
  /// The instructions, in execution order.
  package var instructions: [Instruction] = [] {
    didSet { kept = KeptSchedule() }
  }
  private var kept = KeptSchedule()
  /// The order in which they are executed.
  package var schedule: Schedule { kept.value(instructions) }
  /// How many registers of ring words there are.
  package var arithCount = 0
  /// How many registers of planes there are.
  package var planeCount = 0
  /// Number of rounds before the openings, not counting the inputs and those inside reductions.
  package var roundCount = 0
  /// What the first bits of ``Instruction/Kind/openVerdicts(_:)`` say, in their order; empty when no rows are checked.
  package var verdicts: [Verdict] = []
  /// What its other bits say: each is 1 when the requirement is violated and all rows are in range.
  package var requirements: [Program.Requirement] = []
  /// Rows of a chunk, for ``RowChunks``.
  package var chunkRows = RowChunks.defaultRows
  /// Whose work the registers are.
  package var owners = CostOwners()

  /// No instructions.
  package init() {}

  /// How many bits the computing parties learn before anything else is opened.
  package var verdictCount: Int { verdicts.count + requirements.count }

  /// Whether the rows that one holder shared of one table are within the declared ranges: a bit that is 1 when they
  /// are not.
  package struct Verdict: Hashable, Sendable {
    /// Place of the table in the program.
    package var table: Int
    /// Name of the table, for messages.
    package var tableName: String
    /// The name of the holder whose rows are meant.
    package var holder: String
    /// The verdict on one holder's rows of one table.
    package init(table: Int, tableName: String, holder: String) {
      self.table = table
      self.tableName = tableName
      self.holder = holder
    }
  }

  /// Whether cost follows from the sizes only up to chance: sorts ask for as many comparisons as a random order takes.
  package var hasRandomCost: Bool {
    Self.hasSorts(instructions)
  }
  private static func hasSorts(_ instructions: [Instruction]) -> Bool {
    instructions.contains { instruction in
      switch instruction.kind {
      case .sort: true
      case .repeated(let loop): hasSorts(loop.instructions)
      default: false
      }
    }
  }
}
