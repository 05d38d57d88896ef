import Foundation
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Synchronization
import Testing

/// A query whose plan joins, groups and sorts, message by message: its sorts shuffle rows and open the outcomes of
/// comparisons, or shuffled places (class N). Continuous integration changes a sample of the messages; `PARLEY_FULL_ATTACKS=1` changes all.
@Suite struct TableAttackTests {
  typealias Family = VerifiedReplicatedFamily<UInt64>

  static var isFull: Bool { ProcessInfo.processInfo.environment["PARLEY_FULL_ATTACKS"] == "1" }

  static let tables = [
    TableSchema(
      name: "people",
      columns: [
        .init(name: "id", type: .integer(0...300), isNullable: false),
        .init(name: "place", type: .integer(0...300), isNullable: false),
      ], holders: ["a"], maximumRows: 3, uniqueKeys: [["id"]]),
    TableSchema(
      name: "visits",
      columns: [
        .init(name: "person", type: .integer(0...300), isNullable: false),
        .init(name: "cost", type: .integer(0...9), isNullable: true),
      ], holders: ["a"], maximumRows: 4),
  ]
  static let data = [
    "people": TableData(
      rowCount: 3,
      columns: [.init(values: [7, 200, 31], isNull: []), .init(values: [12, 300, 12], isNull: [])]),
    "visits": TableData(
      rowCount: 4,
      columns: [
        .init(values: [31, 7, 200, 8], isNull: []),
        .init(values: [5, 9, 0, 3], isNull: [false, false, true, false]),
      ]),
  ]
  static let text = """
    SELECT place, COUNT(*) AS n, SUM(cost) AS total FROM visits JOIN people ON person = id
    GROUP BY place ORDER BY total DESC, place
    """

  static func program() throws -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: tables, rules: .init(minimumCell: 0, recipients: ["r"]))
  }

  /// The honest run, whose results are those of the plaintext evaluator.
  static func world(
    _ family: Family, _ way: SortWay, chunkRows: Int = RowChunks.defaultRows, seed: UInt64
  ) throws -> (world: AttackWorld<Family>, honest: AttackOutcome, values: [ClearValues]) {
    let program = try program()
    let world = try AttackWorld(
      family, program, tables: tables, data: data, options: .init(chunkRows: chunkRows, sortWay: way), seed: seed)
    let honest = world.run()
    let values = try #require(honest.values, "\(honest.description)")
    let received = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($0, $1) })
    let results = try TableExecutor.tables(of: program, opened: received)
    let expected = try InsecurePlaintextEvaluator.results(
      program, tables: tables, data: data.mapValues { [$0] })
    #expect(results == expected)
    #expect(results[0].rows == [[.value("12"), .value("2"), .value("14")], [.value("300"), .value("1"), .null]])
    return (world, honest, values)
  }

  @Test(
    arguments: [0, 1, 2],
    [(.comparisons, nil), (.comparisons, 16), (.radix, nil), (.radix, 16)] as [(SortWay, Int?)])
  func noChangeGoesUnnoticed(corrupt: Int, sorting: (way: SortWay, proofsEvery: Int?)) throws {
    let seed = 0x5eed_7a00 + UInt64(corrupt)
    // Proofs of few products, and work in chunks of two rows.
    let (world, honest, values) = try Self.world(
      Family(UInt64.self, proofsEvery: sorting.proofsEvery), sorting.way,
      chunkRows: sorting.proofsEvery == nil ? RowChunks.defaultRows : 2, seed: seed)
    var matrix = MutationMatrix(
      world, corrupt: PartyIndex(corrupt), expected: values, stride: Self.isFull ? 1 : 17)
    let classify = world.classifier(honest)
    matrix.classify = classify
    // What closes a verification ends with a nonce for the masks of shares that go to outsiders. After all verifications but
    // the last one nothing goes to outsiders.
    matrix.isHarmless = { message, bytes in
      classify(message) == .verifiedForSearch && bytes.count == message.bytes.count
        && bytes.prefix(32) == message.bytes.prefix(32)
    }
    let trials = try matrix.run()
    if Self.isFull { print(MutationMatrix<Family>.table(trials)) }
    #expect(trials.count > 100)
    #expect(matrix.offending(trials).isEmpty, "\(matrix.complaint(trials))")
    let missing = Set<MessageClass>([.exchange, .proof, .final, .challenge, .search, .searchDigest])
      .subtracting(trials.map(\.kind))
    #expect(missing.isEmpty, "\(missing)")
  }

  /// What a party sends in a pass of a shuffle: another value in one row, two rows swapped, one row twice. Whichever of
  /// the passes of whichever sort, no honest party sends anything of an opening of this sort, or of anything later.
  @Test(arguments: [0, 1, 2], [.comparisons, .radix] as [SortWay])
  func nothingIsSearchedAfterAWrongPass(corrupt: Int, way: SortWay) throws {
    let corrupt = PartyIndex(corrupt)
    let seed = 0x5eed_7b00 + UInt64(corrupt.rawValue)
    let (world, honest, _) = try Self.world(Family(UInt64.self), way, seed: seed)
    let classify = world.classifier(honest)
    var attacked = 0
    for to in [corrupt.advanced(by: 1, of: 3), corrupt.advanced(by: 2, of: 3)] {
      let link = honest.transcript.links[.init(from: corrupt, to: to), default: []]
      for (ordinal, entry) in link.enumerated() where (0x2000..<0x8000).contains(entry.step.sub) {
        for change in PassChange.allCases {
          let isOther = Mutex(false)
          let outcome = world.run { message, _ in
            guard message.from == corrupt, message.to == to, message.ordinal == ordinal else { return .pass }
            let bytes = change.applied(to: message.bytes)
            isOther.withLock { $0 = bytes != message.bytes }
            return .change(bytes)
          }
          guard isOther.withLock({ $0 }) else { continue }
          attacked += 1
          let what = "\(change) in \(entry.step) from \(corrupt) to \(to), seed \(seed): \(outcome.description)"
          let parties = (0..<3).map { PartyIndex($0) }.filter { $0 != corrupt }
          #expect(parties.contains { outcome[$0].failure?.code == .cheating }, "\(what)")
          #expect(outcome.principals.allSatisfy { $0.values == nil }, "\(what)")
          // What was opened before is the honest run's.
          let before = Self.openings(honest, classify).filter {
            ($0.instruction, $0.iteration) < (entry.step.instruction, entry.step.iteration)
          }
          let opened = Self.openings(outcome, classify, by: parties)
          #expect(opened.isSubset(of: before), "\(what)")
        }
      }
    }
    #expect(attacked > 10)
  }

  enum PassChange: CaseIterable {
    case oneRow, swappedRows, aRowTwice

    /// - Parameter bytes: words or packed planes; rows of planes are bits.
    func applied(to bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      let size = bytes.count % 8 == 0 && bytes.count > 8 ? 8 : 1
      switch self {
      case .oneRow: bytes[0] ^= 1
      case .swappedRows:
        guard bytes.count >= 2 * size else { return bytes }
        for place in 0..<size { bytes.swapAt(place, size + place) }
      case .aRowTwice:
        guard bytes.count >= 2 * size else { return bytes }
        for place in 0..<size { bytes[size + place] = bytes[place] }
      }
      return bytes
    }
  }

  /// Steps of messages that open something.
  private static func openings(
    _ outcome: AttackOutcome, _ classify: (InterceptedMessage) -> MessageClass,
    by senders: [PartyIndex] = (0..<3).map { PartyIndex($0) }
  ) -> Set<StepID> {
    let kinds: Set<MessageClass> = [
      .search, .searchDigest, .rowVerdict, .rowVerdictDigest, .opening, .openingDigest,
    ]
    var steps: Set<StepID> = []
    for (link, entries) in outcome.transcript.links where senders.contains(link.from) {
      for entry in entries {
        let message = InterceptedMessage(step: entry.step, from: link.from, to: link.to, bytes: [], ordinal: 0)
        if kinds.contains(classify(message)) { steps.insert(entry.step) }
      }
    }
    return steps
  }
}
