import Dispatch
import Foundation
import Parley
import ParleyBase
import ParleyCircuits
import ParleyNetwork
import ParleyProgram
import Synchronization

/// A circuit computed by all parties of a protocol in this process.
enum CircuitTrial {
  /// What all parties together brought out.
  struct Report {
    var outputs: [[CircuitValue]]
    var seconds: Double
    var rounds: Int
    var sentBytes: [Int]
  }

  /// - Parameter transport: memory, or tls for TLS over the loopback.
  static func run(
    _ party: CircuitParty, _ lists: [[CircuitValue]], transport: String
  ) throws -> Report {
    let count = party.suite.descriptor.parties
    let meshes: [any Mesh] =
      transport == "tls" ? try connected(count) : TrialRun.memory(for: count, deadline: nil).meshes
    let results: [Result<CircuitParty.Outcome, ParleyError>] = runParties(meshes) { mesh in
      // What a party does not hold it does not see.
      let own = lists.map { list in
        list.enumerated().map { party.holders[$0] == mesh.local ? $1 : CircuitValue(width: $1.width) }
      }
      return try party.run(own, over: mesh)
    }
    let outcomes = try results.partyValues()
    guard outcomes.allSatisfy({ $0.outputs == outcomes[0].outputs }) else { throw ComputeBench.wrongResult }
    return Report(
      outputs: outcomes[0].outputs, seconds: outcomes.map(\.seconds).max() ?? 0,
      rounds: outcomes.map(\.rounds).max() ?? 0, sentBytes: outcomes.map(\.sentBytes))
  }

  /// Every party's links over TLS: each connects on a thread of its own, since it waits for the others.
  private static func connected(_ count: Int) throws -> [any Mesh] {
    let bench = try BenchMesh(count: count)
    let made = Box()
    let ended = DispatchSemaphore(value: 0)
    for index in 0..<count {
      Thread.detachNewThread {
        let result = Result { TLSLinks(mesh: try bench.connect(as: index)) }
        made.results.withLock { $0[index] = result }
        ended.signal()
      }
    }
    for _ in 0..<count { ended.wait() }
    let all = made.results.withLock { $0 }
    return try (0..<count).map { index in
      guard let result = all[index] else { throw ParleyError(.invariant, "a party did not connect") }
      return try result.get().mesh
    }
  }

  private struct TLSLinks: Sendable { var mesh: any Mesh }
  /// What the threads leave, by party.
  private final class Box: Sendable {
    let results = Mutex<[Int: Result<TLSLinks, any Error>]>([:])
  }
}
