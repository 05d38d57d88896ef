package import ParleyBase

/// One party's side of a session's network: the links that engines use, and what only the session decides, above all its end.
///
/// Implementations are the in-memory mesh, the simulated link and the TLS mesh. A message that
/// does not fit is thrown to whoever receives, and ends the session once it has come to where the party is run.
package protocol Mesh: MessageLinks {
  /// What the local thread is blocked on just now, or nil while it runs. Readable from any thread, so that a
  /// runtime can print "waiting on PARTY at STEP for T".
  var waitingOn: Waiting? { get }

  /// What this party will receive, once the plan is known: payload of each principal in all, and at most in one flight
  /// of a computing party. A mesh whose links queue what arrives bounds its memory by it.
  func expect(bytes: [Int], flight: Int)

  /// All computing parties have cleared the openings. From here on a principal that does not compute, by leaving, aborting,
  /// falling silent or sending what it must not, ends nothing but its own part.
  func beginOpenings()

  /// The engine goes on without some of these parties; empty at the start. From here on a lost link to one of them, its silence
  /// for as long as the mesh is patient, its own word that it was stopped or has lost others, or that it was started again, end
  /// nothing: whoever waits for its message gets `network/vanished` (``ParleyError/isOfRoster``), also when a message of
  /// ``StepID/roster`` came in its place. All other ends are as ever: a failed check or a malformed message ends the session.
  func tolerateDepartures(of parties: Set<PartyIndex>)

  /// From here on the session is not tried anew by itself when it ends: something is about to be opened, or a party that
  /// would be needed has left. Peers are told with an abort.
  func forbidNewAttempt()

  /// From here on this party does not know by itself that nothing was opened, or it has what was opened.
  ///
  /// - Parameter known: `unknown` at a computing party that is about to clear what is opened, and at another principal
  ///   that has given what the others need of it; `released` at whoever has what was opened.
  func noteOpenings(_ known: OpeningKnowledge)

  /// What this party knows of what was opened; nil where the mesh does not keep track of it.
  var openings: OpeningKnowledge? { get }

  /// Ends the session for everyone: peers get one generic "aborted" without a reason, local calls that block
  /// or follow throw. The first reason counts. From any thread, but only the session calls it: `SessionAbort` of ParleyRuntime,
  /// and ``runParties(_:closing:body:)`` where there is no session.
  func abort(_ reason: ParleyError)

  /// Orderly end: everything queued is delivered, then links are closed. Idempotent.
  func close()
}

extension Mesh {
  package var waitingOn: Waiting? { nil }
  package func expect(bytes: [Int], flight: Int) {}
  package func beginOpenings() {}
  package func tolerateDepartures(of parties: Set<PartyIndex>) {}
  package func forbidNewAttempt() {}
  package func noteOpenings(_ known: OpeningKnowledge) {}
  package var openings: OpeningKnowledge? { nil }
}
