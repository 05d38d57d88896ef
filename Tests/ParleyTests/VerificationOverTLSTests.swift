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
    var seen: ParleyError
    var isFinal: Bool
  }

  /// It is told as the link that is gone, and the session is final, for either verifier.
  @Test func leavingDuringVerificationIsFinal() throws {
    try leavingIsFinal(VerifiedReplicatedFamily(UInt64.self))
    try leavingIsFinal(MacReplicatedFamily())
  }

  private func leavingIsFinal<F: EngineFamily>(_ family: F) throws {
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
        return Ending(seen: error, isFinal: engine.hasChallenged)
      }
    }
    let endings = try results.partyValues()
    for party in [0, 2] {
      let ending = try #require(endings[party], "P\(party) verified without P1")
      #expect(ending.seen.code == .linkLost && ending.isFinal, "P\(party): \(ending)")
      // The party that left, or the other one, where its end was heard of first.
      #expect([1, 2 - party].contains { ending.seen.origin == .init(PartyIndex($0), ending.seen.origin?.step) })
    }
  }
}
