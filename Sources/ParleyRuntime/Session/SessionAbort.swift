package import ParleyBase
package import ParleyNetwork

/// The one way in which a session is ended for everybody before its time.
///
/// Engines, feeders and the executor have only ``MessageLinks`` and throw. What they throw comes to ``SessionRunner``, which
/// decides between this and an orderly end. An operator's interruption comes from another thread and finds the party
/// anywhere, also while its links are being made; it goes this way too. Of several reasons the first counts.
package struct SessionAbort: Sendable {
  private let mesh: any Mesh

  /// Of the session over this mesh.
  package init(_ mesh: any Mesh) { self.mesh = mesh }

  /// What the operator's interruption is called, here and in messages.
  package static var interruption: ParleyError { ParleyError(.interrupted, "interrupted") }

  /// The operator ends the session. From any thread; whatever the session's own thread waits for throws.
  package func interrupt() { mesh.abort(Self.interruption) }

  /// The session's own thread has met this.
  func fail(_ reason: ParleyError) { mesh.abort(reason) }
}
