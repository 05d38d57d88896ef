internal import BigInt
internal import ParleyAnalysis
public import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram
internal import ParleyRuntime

/// What a run brought out.
public struct ProgramResult: Sendable {
  /// Bytes of protocol payload, `sentBytes[sender][receiver]`; of a run as one party there is one row, of what that
  /// party sent.
  public let sentBytes: [[Int]]
  /// Messages on the longest chain in which each waited for the one before; of a run as one party, as far as that party
  /// saw.
  public let rounds: Int
  /// From the end of the handshake to the results.
  public let seconds: Double
  /// Whether bytes by link and rounds equal the plan's. Of a run as one party: whether it sent the bytes that are
  /// planned for it, in no more rounds.
  public let equalsPlan: Bool

  private let program: Program
  private let opened: [Int: Int]
  private let values: [Int: ClearValues]

  init(_ prepared: PreparedProgram, endings: [Participant.Ending], opened: [Int: ClearValues]) throws(ParleyError)
  {
    program = prepared.program
    sentBytes = endings.map(\.meter.sentBytes)
    rounds = endings.map(\.meter.rounds).max() ?? 0
    seconds = endings.map(\.seconds).max() ?? 0
    let planned = endings.first?.plan.cost
    equalsPlan =
      endings.count == prepared.principals.count && sentBytes == planned?.bytes && rounds == planned?.rounds
    self.opened = try Self.decoded(opened, of: program)
    values = opened
  }

  /// One party's side of a run between machines.
  init(_ prepared: PreparedProgram, _ ending: Participant.Ending, at party: PartyIndex) throws(ParleyError) {
    program = prepared.program
    sentBytes = [ending.meter.sentBytes]
    rounds = ending.meter.rounds
    seconds = ending.seconds
    equalsPlan =
      ending.meter.sentBytes == ending.plan.cost.bytes[party.rawValue] && rounds <= ending.plan.cost.rounds
    values = ending.outcome.output ?? [:]
    opened = try Self.decoded(values, of: program)
  }

  private static func decoded(
    _ opened: [Int: ClearValues], of program: Program
  ) throws(ParleyError) -> [Int: Int] {
    var numbers: [Int: Int] = [:]
    for (index, values) in opened {
      let node = program[Program.DisclosureID(rawValue: index)].node
      let integers = StudyResult.integers(values, of: program[node].type)
      guard let first = integers.first, let number = Int(exactly: first) else {
        throw ParleyError(
          .init("data/out-of-range"), "an opened value does not fit its declared range",
          remedy: "a holder shared values outside of it; with the adversary malicious such a run opens nothing")
      }
      numbers[index] = number
    }
    return numbers
  }

  /// What was opened to this party, as it was opened, by the names of the statement.
  package var openings: [String: Int] {
    Dictionary(uniqueKeysWithValues: opened.map { (program.disclosures[$0.key].name, $0.value) })
  }

  /// All results as tables, with the columns that follow from opened ones.
  func sheets() throws(ParleyError) -> [ReportSheet] {
    if let hidden = program.disclosures.indices.first(where: { values[$0] == nil }) {
      throw ParleyError(
        .usage, "'\(program.disclosures[hidden].name)' was not revealed to this party",
        remedy: "ask at \(program.disclosures[hidden].recipients.joined(separator: ", "))")
    }
    let tables = try StudyResult.tables(of: program, opened: values)
    return zip(tables, program.results).map { ReportSheet($0, $1) }
  }

  /// The value behind a handle; nil where there is none (the mean of no rows, a result that is withheld).
  ///
  /// - Throws: `usage/…` when the handle is of another program, or the result went to other recipients.
  public subscript<Value>(handle: Revealed<Value>) -> Value {
    get throws(ParleyError) {
      guard program.disclosures.indices.contains(handle.index),
        program.disclosures[handle.index].name == handle.name
      else {
        throw ParleyError(
          .usage, "'\(handle.name)' is not a result of this program",
          remedy: "use the handles of the program that ran")
      }
      guard let value = opened[handle.index] else {
        throw ParleyError(
          .usage, "'\(handle.name)' was not revealed to this party",
          remedy: "ask at \(program.disclosures[handle.index].recipients.joined(separator: ", "))")
      }
      guard let missing = handle.missing else { return handle.decode(value) }
      return handle.decode(opened[missing] == 0 ? value : nil)
    }
  }
}

extension PreparedProgram {
  /// Runs the program in this process: all parties, over memory, with keys made for the occasion. Blocks the
  /// calling thread.
  ///
  /// - Parameter data: by holder, then table.
  public func run(data: [String: [String: ProgramRows]]) throws(ParleyError) -> ProgramResult {
    try run(data: data, network: nil)
  }

  /// The same over a given network of all parties; in memory where there is none.
  package func run(
    data: [String: [String: ProgramRows]], network: (any PartyNetwork)?
  ) throws(ParleyError) -> ProgramResult {
    if let stranger = data.keys.sorted().first(where: { index(of: $0) == nil }) {
      throw unknown("party", stranger)
    }
    var checked: [String: [Int: TableData]] = [:]
    for name in names { checked[name] = try tableData(data[name] ?? [:], of: name) }
    let identities = try TrialRun.identities(for: self)
    let keyed = withKeys(identities.mapValues(\.publicIdentity), studyHash: studyHash)
    let rehearsal = try TrialRun.run(keyed, identities: identities, data: checked, network: network)
    return try ProgramResult(self, endings: rehearsal.endings, opened: rehearsal.opened)
  }

  /// One holder's rows, checked; every table it holds must be there.
  func tableData(_ data: [String: ProgramRows], of holder: String) throws(ParleyError) -> [Int: TableData] {
    if let stranger = data.keys.sorted().first(where: { name in
      !tables.contains { $0.name == name && $0.holders.contains(holder) }
    }) {
      throw unknown("table of \(holder)", stranger)
    }
    var checked: [Int: TableData] = [:]
    for (index, table) in tables.enumerated() where table.holders.contains(holder) {
      guard let rows = data[table.name] else {
        throw ParleyError(
          .usage, "\(holder) holds rows of table \(table.name), and no data was given",
          remedy: "give its rows; an empty list for every column when there are none")
      }
      checked[index] = try rows.checked(table)
    }
    return checked
  }
}
