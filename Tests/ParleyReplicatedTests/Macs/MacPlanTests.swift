import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Programs through the executor: results, and every byte and round as planned.
@Suite struct MacPlanTests {
  /// What every pair of principals sends, and the longest chain, without what the plan does not count (input seeds).
  func check<F: EngineFamily>(_ family: F, _ job: ProgramRun, seed: UInt64, openings: Bool = true) throws -> Cost {
    let outcome = try TestWorld(family, outsiders: 1, seed: seed).run(job)
    let cost = CostModel.cost(
      of: job.program, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + 1,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }))
    var bytes = outcome.readings.map(\.sentBytes)
    // A holder's seeds of shares 0 and 1: two to P_0, one to P_1 and P_2; nothing to itself.
    for holder in Set(job.shape.tables.joined().map(\.holder.rawValue)) {
      for (party, seeds) in [2, 1, 1].enumerated() where party != holder { bytes[holder][party] -= 16 * seeds }
    }
    #expect(bytes == cost.bytes, "seed \(seed)")
    #expect(outcome.rounds == cost.rounds, "seed \(seed)")
    return cost
  }

  @Test(arguments: [nil, 1, 3] as [Int?]) func planEqualsMeter(proofsEvery: Int?) throws {
    let job = ExecutorTests.job(3, seed: 51).0
    let cost = try check(MacReplicatedFamily(proofsEvery: proofsEvery), job, seed: 51)
    #expect(cost.cheatingExponent == MacCheckShape.cheatingExponent)
    #expect((-57.98 ... -57.97).contains(try #require(cost.cheatingExponent)))
  }

  /// The engine with proofs, through the same comparison.
  @Test(arguments: [nil, 1, 3] as [Int?]) func planEqualsMeterWithProofs(proofsEvery: Int?) throws {
    let job = ExecutorTests.job(3, seed: 52).0
    _ = try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), job, seed: 52)
  }

  /// Without any ring word there is nothing to check, and the key stays closed.
  @Test func noRowsNoCheck() throws {
    var job = ExecutorTests.job(3, seed: 53).0
    for (holder, tables) in job.tables {
      var table = try #require(tables[0])
      table.data = TableData(
        rowCount: 0, columns: [.init(values: [], isNull: []), .init(values: [], isNull: [])])
      job.tables[holder] = [0: table]
    }
    job.shape = ExecutionShape(tables: [job.shape.tables[0].map { .init(holder: $0.holder, rowCount: 0) }])
    // Inner products over no rows are still products.
    let cost = try check(MacReplicatedFamily(), job, seed: 53)
    #expect(cost.cheatingExponent != nil)
  }

  /// The same results as the engine with proofs, for programs of random data.
  @Test(arguments: 60..<66) func sameResultsAsProofs(seed: UInt64) throws {
    let job = ExecutorTests.job(3, seed: seed).0
    let proofs = try TestWorld(VerifiedReplicatedFamily(UInt64.self), outsiders: 1, seed: seed).run(job)
    let macs = try TestWorld(MacReplicatedFamily(), outsiders: 1, seed: seed + 1000).run(job)
    #expect(proofs.values == macs.values, "seed \(seed)")
  }

  @Test func executor() throws {
    let (job, x, _, _, _) = ExecutorTests.job(3, seed: 54)
    let values = try TestWorld(MacReplicatedFamily(), outsiders: 1, seed: 54).run(job).values
    #expect(values[0][1] == .words([UInt64(x.reduce(0) { $0 + $1 * $1 })]))
  }
}
