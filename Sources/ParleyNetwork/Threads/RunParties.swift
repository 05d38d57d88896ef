package import ParleyBase
internal import Synchronization

/// Runs `body` once per principal, each on a dedicated thread of 8 MiB stack, and waits for all of them.
///
/// Without a session this is the one place that ends it: the mesh of a party that throws is aborted at once, so that the
/// others end as well; the mesh of a party that
/// returns is closed unless `closing` is false. Blocks the calling thread: not to be called from Swift's
/// cooperative pool with a `body` that needs that pool.
///
/// - Returns: by principal, what `body` returned or threw. See ``Swift/Array/partyValues()`` for the cause when
///   something failed.
package func runParties<R: Sendable>(
  _ network: some PartyNetwork, closing: Bool = true, body: @escaping @Sendable (any Mesh) throws -> R
) -> [Result<R, ParleyError>] {
  runParties(network.meshes, closing: closing, body: body)
}

/// The same for meshes that are not of one network.
package func runParties<R: Sendable>(
  _ meshes: [any Mesh], closing: Bool = true, body: @escaping @Sendable (any Mesh) throws -> R
) -> [Result<R, ParleyError>] {
  let results = ResultBoard<R>(count: meshes.count)
  var threads: [PartyThread] = []
  for (index, mesh) in meshes.enumerated() {
    do {
      threads.append(
        try PartyThread(name: "party-\(mesh.local.rawValue)") {
          results.set(index, runParty(mesh, closing: closing, body: body))
        })
    } catch {
      mesh.abort(error)
      results.set(index, .failure(error))
    }
  }
  for thread in threads { thread.join() }
  return results.all()
}

/// One of them, on the calling thread.
package func runParty<R>(
  _ mesh: any Mesh, closing: Bool = true, body: (any Mesh) throws -> R
) -> Result<R, ParleyError> {
  do {
    let value = try body(mesh)
    if closing { mesh.close() }
    return .success(value)
  } catch {
    let reason = error as? ParleyError ?? ParleyError(.invariant, "\(mesh.local) failed: \(error)")
    mesh.abort(reason)
    return .failure(reason)
  }
}

private final class ResultBoard<R: Sendable>: Sendable {
  private let values: Mutex<[Result<R, ParleyError>?]>
  init(count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

  func set(_ index: Int, _ value: Result<R, ParleyError>) { values.withLock { $0[index] = value } }
  func all() -> [Result<R, ParleyError>] {
    values.withLock { list in
      list.map { $0 ?? .failure(ParleyError(.invariant, "a party ended without a result")) }
    }
  }
}

extension Array {
  /// The values of all parties, or the error that caused the end: the first one that is not the echo of
  /// another party's abort.
  package func partyValues<R>() throws(ParleyError) -> [R] where Element == Result<R, ParleyError> {
    var values: [R] = []
    var echo: ParleyError?
    for result in self {
      switch result {
      case .success(let value): values.append(value)
      case .failure(let error) where error.code == .peerAborted: echo = echo ?? error
      case .failure(let error): throw error
      }
    }
    if let echo { throw echo }
    return values
  }
}
