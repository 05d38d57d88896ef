import Foundation
import Parley
import ParleyProgram
import ParleyTesting
import Testing

/// What `parley plan` says of correlated randomness, for a protocol that takes some.
@Suite struct OfflineSummaryTests {
  private func plan(_ source: TestTriples) throws -> Plan {
    let made = try ProgramGenerator.make(length: 20, seed: 0x5eed_d001)
    let shape = RunShape(
      principals: 4, tables: [made.data.indices.map { .init(holder: 2 + $0 % 2, rows: 7) }],
      recipients: made.program.disclosures.map { _ in [3] })
    return try Plan.make(made.program, for: AdditiveFamily(UInt64.self, source: source).descriptor, shape: shape)
  }

  @Test func partsAreThoseOfThePlan() throws {
    let cost = try plan(.sent).cost
    let names = ["alpha", "beta", "gamma", "delta"]
    let summary = try #require(OfflineSummary(cost, names: names, on: .wan))
    #expect(summary.rounds == 2 && summary.bytes == cost.offline?.totalBytes)
    #expect(summary.links.map(\.bytes).reduce(0, +) == summary.bytes && summary.links.count == 2)
    #expect(summary.correlations.reduce(0) { $0 + $1.count } == cost.correlations)
    #expect(summary.seconds >= 2 * NetworkProfile.wan.oneWayLatency)
    #expect(summary.storedBytes == cost.demand.bytes(perWord: 8) && summary.storedBytes > 0)
    let text = summary.lines(size: { "\($0) bytes" }, duration: { "\($0) s" })
    #expect(text.count == 3 && text[0].contains("2 rounds, \(summary.bytes) bytes in all"))
    #expect(text[1].contains("alpha → beta") && text[2].contains("beta → alpha  16 B"))
    #expect(summary.rows.contains { $0.name == "correlated randomness" && $0.text.contains("triples of 64 bits") })
    let json = try #require(
      try JSONSerialization.jsonObject(with: try JSONEncoder().encode(summary)) as? [String: Any])
    #expect(json["rounds"] as? Int == 2 && json["bytes"] as? Int == summary.bytes)
    #expect((json["correlations"] as? [[String: Any]])?.count == summary.correlations.count)
    // Bytes of the run itself are the same, whatever the source.
    #expect(try plan(.dealt).cost.bytes == cost.bytes)
  }

  @Test func nothingIsSentWhereADealerGives() throws {
    let summary = try #require(OfflineSummary(try plan(.dealt).cost, names: ["a", "b", "c", "d"], on: .lan))
    #expect(summary.rounds == 0 && summary.bytes == 0 && summary.links.isEmpty && summary.seconds == 0)
  }

  @Test func replicatedSharingSaysNothing() throws {
    let made = try ProgramGenerator.make(length: 20, seed: 0x5eed_d002)
    let plan = try Plan.make(
      made.program, for: ReplicatedFamily(UInt64.self).descriptor,
      shape: RunShape(
        principals: 4, tables: [made.data.indices.map { _ in .init(holder: 3, rows: 7) }],
        recipients: made.program.disclosures.map { _ in [3] }))
    #expect(OfflineSummary(plan.cost, names: ["a", "b", "c", "d"], on: .lan) == nil)
  }
}
