import Foundation
import ParleyAdditive
import ParleyAlgebra
import ParleyBase
import ParleyClear
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// Programs on triples that come out of stores: what was made ahead and lies on disk.
@Suite struct StoredTriplesTests {
  private static let identities: [[UInt8]] = [[7], [8]]

  /// Two parties whose triples come from the stores in these folders.
  private struct StoredFamily: EngineFamily {
    let base = AdditiveFamily(UInt64.self)
    let stores: [CorrelationStore]
    var descriptor: EngineDescriptor { base.descriptor }
    var wordBits: Int { 64 }
    func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> AdditiveEngine<UInt64> {
      let peer = 1 - mesh.local.rawValue
      return try base.makeEngine(
        mesh: mesh, seed: seed,
        source: StoredCorrelations(stores[mesh.local.rawValue], peers: [PartyIndex(peer): identities[peer]]))
    }
    func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
      base.makeDealer(mesh: mesh, seed: seed)
    }
    func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { base.makeReceiver(mesh: mesh) }
  }

  /// A lot that suffices for the demand so many times.
  private func fill(_ stores: [CorrelationStore], _ demand: CorrelationDemand, times: Int, seed: UInt64) throws {
    let blockSize = 64
    var random = InsecureRandom(seed: seed)
    let id = random.bytes(32)
    for party in 0..<2 {
      let parts = demand.sorted.map { kind, count -> StoredVectors in
        let total = times * ((count + blockSize - 1) / blockSize) * blockSize
        let triples = InsecureTriples<UInt64>(
          CorrelationDemand([.init(StepID(instruction: 1), kind, total)]), seed: seed, number: 1)
        let vectors =
          switch kind {
          case .wordTriple: triples.words[party]
          case .bitTripleWord: triples.bits[party]
          case .matrixTriple: triples.matrices[party]
          }
        return StoredVectors(kind, count: total, vectors)
      }
      try stores[party].fill(
        lot: id, blockSize: blockSize, parts, peers: [Self.identities[1 - party]: stores[1 - party].id])
    }
  }

  /// Two runs of each program; the third finds too little, before any input has arrived.
  @Test(arguments: 0..<6 as Range<UInt64>) func programs(number: UInt64) throws {
    let seed = 0x5eed_c000 + number
    let work = try AdditiveWork(AdditiveFamily(), length: 10 + Int(number), seed: seed)
    let folder = try Folder()
    let stores = try ["a", "b"].map { try CorrelationStore(folder: folder.path + "/" + $0) }
    try fill(stores, work.cost.demand, times: 2, seed: seed)
    let family = StoredFamily(stores: stores)
    let program = work.generated.program
    let clear = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: work.generated.data])
    for run in 0..<2 as Range<UInt64> {
      let outcome = try TestWorld(family, outsiders: work.outsiders, seed: seed + run).run(work.job)
      #expect(outcome.readings.map(\.sentBytes) == work.cost.bytes)
      for (index, disclosure) in program.disclosures.enumerated() {
        let values = try #require(outcome.values[work.recipient.rawValue][index])
        #expect(
          values.integers(of: program[disclosure.node].type) == clear[Program.DisclosureID(rawValue: index)],
          "disclosure \(index), run \(run)")
      }
    }
    let endings = TestWorld(family, outsiders: work.outsiders, seed: seed + 2).endings(work.job)
    for ending in endings.prefix(2) {
      guard case .failure(let error) = ending else {
        Issue.record("a third run has found triples")
        continue
      }
      #expect(error.code == .storeUsedUp || error.code == .peerAborted, "\(error)")
    }
  }

  /// Of a small ring there are none.
  @Test func smallRingsAreRefused() throws {
    let folder = try Folder()
    let store = try CorrelationStore(folder: folder.path + "/a")
    let error = #expect(throws: ParleyError.self) {
      try runParties(InMemoryNetwork(count: 2)) { mesh in
        guard mesh.local.rawValue == 0 else { return }
        let prepared = try StoredCorrelations(store, peers: [:]).prepare(
          CorrelationDemand(), of: UInt8.self, flight: 0, over: mesh)
        guard prepared == nil else { return }
      }.partyValues()
    }
    #expect(error?.code == .invariant)
  }

  /// A folder for one test, removed at the end.
  private final class Folder {
    let path = NSTemporaryDirectory() + "/parley-stored-" + hexadecimal(SecureRandom.bytes(8))
    init() throws {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }
}
