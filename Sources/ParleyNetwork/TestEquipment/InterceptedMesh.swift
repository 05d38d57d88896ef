internal import Glibc
package import ParleyBase
internal import Synchronization

/// Test equipment: one outgoing message as the honest program wants to send it.
package struct InterceptedMessage: Sendable, Hashable {
  /// Step at which the message is sent.
  package var step: StepID
  /// The sender.
  package var from: PartyIndex
  /// The receiver.
  package var to: PartyIndex
  /// The payload.
  package var bytes: [UInt8]
  /// The number of messages the honest program sent on this link before.
  package var ordinal: Int

  /// A message; see the properties.
  package init(step: StepID, from: PartyIndex, to: PartyIndex, bytes: [UInt8], ordinal: Int) {
    self.step = step
    self.from = from
    self.to = to
    self.bytes = bytes
    self.ordinal = ordinal
  }
}

/// Test equipment: what happens to a message instead of being sent as it is.
package enum Interception: Sendable, Hashable {
  /// The message is sent as it is.
  case pass
  /// Other bytes are sent in its place, of any length.
  case change([UInt8])
  /// The message is not sent.
  case drop
  /// Sends it late by this real time (the sending thread sleeps).
  case delay(Duration)
  /// Sends it after so many later messages of the link; 1 swaps it with the next. What is still held when the
  /// party closes is sent then; what is held when it aborts is lost.
  case hold(messages: Int)
  /// The message is sent twice.
  case duplicate
  /// Only so many bytes of it are sent.
  case truncate(to: Int)
  /// These bytes are sent behind the message.
  case extend(by: [UInt8])
  /// Sends the payload of an older message of this link (by ordinal) under the step of this one: what a party
  /// that replays can do best, as an old step is refused at once.
  case replay(ordinal: Int)
  /// Sends an older message again as it was, step and all, in place of this one.
  case replayWithOldStep(ordinal: Int)
  /// The same bytes under another step.
  case relabel(StepID)
  /// Anything: these steps and payloads in place of the message.
  case replace([Substitute])

  /// A message that the honest program does not send.
  package struct Substitute: Sendable, Hashable {
    /// Step at which the message is sent.
    package var step: StepID
    /// The payload.
    package var bytes: [UInt8]
    /// A step and a payload.
    package init(step: StepID, bytes: [UInt8]) {
      self.step = step
      self.bytes = bytes
    }
  }
}

/// Test equipment: decides about every outgoing message of a session. Called on the threads of the senders.
package typealias Interceptor = @Sendable (InterceptedMessage) -> Interception

/// Test equipment: a network whose messages can be seen and tampered with on their way.
///
/// Wraps any other network. The meters count what is really sent, tampering included.
package final class InterceptedNetwork: PartyNetwork {
  /// The meshes, by index of the principal.
  package let meshes: [any Mesh]
  private let recorder: TranscriptRecorder

  /// Wraps all meshes of a network.
  ///
  /// - Parameters:
  ///   - network: which joins the parties.
  ///   - detail: how much of each message the transcript keeps.
  ///   - interceptor: decides about every message; nil lets all of them pass.
  package init(
    wrapping network: some PartyNetwork, recording detail: Transcript.Detail = .digests,
    interceptor: Interceptor? = nil
  ) {
    let recorder = TranscriptRecorder(detail: detail)
    self.recorder = recorder
    meshes = network.meshes.map { InterceptedMesh(wrapping: $0, recorder: recorder, interceptor: interceptor) }
  }

  /// What went over the links so far, after tampering. Messages to oneself are not part of it.
  package var transcript: Transcript { recorder.current }
}

/// Test equipment: one party's mesh with an interceptor on everything it sends.
package final class InterceptedMesh: Mesh {
  private let inner: any Mesh
  private let recorder: TranscriptRecorder
  /// Nil only records.
  private let interceptor: Interceptor?
  private let lines: Mutex<[Line]>

  /// One outgoing link.
  private struct Line {
    /// Honest messages, kept for replays.
    var past: [Interception.Substitute] = []
    var held: [(message: Interception.Substitute, after: Int)] = []
  }

  init(wrapping mesh: any Mesh, recorder: TranscriptRecorder, interceptor: Interceptor?) {
    inner = mesh
    self.recorder = recorder
    self.interceptor = interceptor
    lines = Mutex((0..<mesh.count).map { _ in Line() })
  }

  package var local: PartyIndex { inner.local }
  package var count: Int { inner.count }
  /// The meter of the mesh within, which counts what was really sent.
  package var meter: Meter { inner.meter }
  package var waitingOn: Waiting? { inner.waitingOn }

  package func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    guard party != local, (0..<count).contains(party.rawValue) else {
      return try inner.send(step: step, to: party, byteCount: byteCount, fill: fill)
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    bytes.withUnsafeMutableBytes { fill($0) }
    let honest = Interception.Substitute(step: step, bytes: bytes)
    guard let interceptor else { return try forward(honest, to: party) }
    let ordinal = lines.withLock { lines in
      lines[party.rawValue].past.append(honest)
      return lines[party.rawValue].past.count - 1
    }
    let message = InterceptedMessage(step: step, from: local, to: party, bytes: bytes, ordinal: ordinal)
    for out in try outcome(of: interceptor(message), on: message, honest) { try forward(out, to: party) }
    for out in due(party) { try forward(out, to: party) }
  }

  private func outcome(
    of action: Interception, on message: InterceptedMessage, _ honest: Interception.Substitute
  ) throws(ParleyError) -> [Interception.Substitute] {
    var changed = honest
    switch action {
    case .pass: break
    case .change(let bytes): changed.bytes = bytes
    case .drop: return []
    case .delay(let time): sleep(time)
    case .hold(let messages):
      // One more, because the message itself is counted when it passes.
      lines.withLock { $0[message.to.rawValue].held.append((honest, messages + 1)) }
      return []
    case .duplicate: return [honest, honest]
    case .truncate(let count): changed.bytes = Array(honest.bytes.prefix(count))
    case .extend(let more): changed.bytes += more
    case .replay(let ordinal): changed.bytes = try past(ordinal, of: message).bytes
    case .replayWithOldStep(let ordinal): changed = try past(ordinal, of: message)
    case .relabel(let step): changed.step = step
    case .replace(let others): return others
    }
    return [changed]
  }

  private func past(_ ordinal: Int, of message: InterceptedMessage) throws(ParleyError) -> Interception.Substitute
  {
    guard (0...message.ordinal).contains(ordinal) else {
      throw ParleyError(
        .invariant, "the interceptor replays message \(ordinal) of a link that sent \(message.ordinal)")
    }
    return lines.withLock { $0[message.to.rawValue].past[ordinal] }
  }

  /// Counts one message of the link and gives what has been held long enough.
  private func due(_ party: PartyIndex) -> [Interception.Substitute] {
    lines.withLock { lines in
      var ready: [Interception.Substitute] = []
      var kept: [(message: Interception.Substitute, after: Int)] = []
      for (message, after) in lines[party.rawValue].held {
        if after <= 1 { ready.append(message) } else { kept.append((message, after - 1)) }
      }
      lines[party.rawValue].held = kept
      return ready
    }
  }

  private func forward(_ message: Interception.Substitute, to party: PartyIndex) throws(ParleyError) {
    recorder.record(
      InterceptedMessage(step: message.step, from: local, to: party, bytes: message.bytes, ordinal: 0))
    try inner.send(step: message.step, to: party, bytes: message.bytes)
  }

  private func sleep(_ time: Duration) {
    let parts = max(.zero, time).components
    var span = timespec(tv_sec: Int(parts.seconds), tv_nsec: Int(parts.attoseconds / 1_000_000_000))
    nanosleep(&span, nil)
  }

  package func flush() throws(ParleyError) { try inner.flush() }

  package func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  { try inner.receive(step: step, from: party, into: target) }

  package func receiveControl(
    step: StepID, from party: PartyIndex, atMost limit: Int
  ) throws(ParleyError) -> [UInt8] {
    try inner.receiveControl(step: step, from: party, atMost: limit)
  }

  package func abort(_ reason: ParleyError) { inner.abort(reason) }
  package func beginOpenings() { inner.beginOpenings() }
  package func tolerateDepartures(of parties: Set<PartyIndex>) { inner.tolerateDepartures(of: parties) }
  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try inner.receiveNotice(from: party, atMost: limit)
  }
  package func dismiss(_ party: PartyIndex) { inner.dismiss(party) }
  package func forbidNewAttempt() { inner.forbidNewAttempt() }
  package func noteOpenings(_ known: OpeningKnowledge) { inner.noteOpenings(known) }
  package var openings: OpeningKnowledge? { inner.openings }
  package func expect(bytes: [Int], flight: Int) { inner.expect(bytes: bytes, flight: flight) }

  package func close() {
    let held = lines.withLock { lines in
      defer { for index in lines.indices { lines[index].held = [] } }
      return lines.map { $0.held.map(\.message) }
    }
    for (index, messages) in held.enumerated() {
      // A peer that is gone gets nothing; closing does not fail.
      for message in messages { try? forward(message, to: PartyIndex(index)) }
    }
    inner.close()
  }
}
