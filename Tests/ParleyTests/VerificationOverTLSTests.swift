import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyTesting
import ParleyTransport
import Testing

/// A party that leaves while products are being verified, over real links.
@Suite struct VerificationOverTLSTests {
  private struct Ending: Sendable {
    var seen: ParleyError.Code
    var counted: ParleyError.Code
  }

  /// What the link says is that it is gone; the engine counts that as an attempt to cheat, for either verifier.
  @Test func leavingDuringVerificationCounts() throws {
    try leavingCounts(VerifiedReplicatedFamily(UInt64.self))
    try leavingCounts(MacReplicatedFamily())
  }

  private func leavingCounts<F: EngineFamily>(_ family: F) throws {
    let identities = try (0..<3).map { try Identity.create(name: "p\($0)") }
    let listeners = try (0..<3).map { _ in try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)) }
    let principals = zip(identities, listeners).enumerated().map { index, pair in
      let (identity, listener) = pair
      return MeshPrincipal(
        name: "p\(index)", publicKey: identity.publicIdentity.signingKey,
        endpoint: .init(host: "127.0.0.1", port: listener.port))
    }
    let meshes: [any Mesh] = try (0..<3).map { index in
      try TLSMesh(
        local: PartyIndex(index), principals: principals, computingCount: 3, key: identities[index].signingKey,
        session: Array(repeating: 7, count: 32), listener: listeners[index])
    }
    let results = runParties(meshes) { mesh throws -> Ending? in
      try (mesh as? TLSMesh)?.connect(timeout: .seconds(30))
      let engine = try family.makeEngine(mesh: mesh, seed: 0x5eed_f001)
      let a = engine.constant(5, count: 3)
      let pending = try engine.start(.multiply([(a, a)], count: 3), step: StepID(instruction: 1))
      try mesh.flush()
      _ = try engine.finish(pending)
      guard mesh.local != PartyIndex(1) else { return nil }
      do throws(ParleyError) {
        _ = try engine.verify(through: StepID(instruction: 2))
        return nil
      } catch {
        return Ending(seen: error.code, counted: engine.classify(error).code)
      }
    }
    let endings = try results.partyValues()
    for party in [0, 2] {
      let ending = try #require(endings[party], "P\(party) verified without P1")
      #expect(ending.seen == .linkLost && ending.counted == .cheating, "P\(party): \(ending)")
    }
  }
}
