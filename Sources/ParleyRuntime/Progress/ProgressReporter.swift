package import ParleyBase
package import ParleyNetwork
internal import Synchronization

/// Turns plan and meter into a line for people, at most one every few seconds.
///
/// The executor feeds it from the party's thread (``update(_:)``), a monitor thread asks for lines
/// (``line(at:)``); writing them is the caller's. Everything shown is public: counts of instructions, rounds and
/// bytes follow from the plan alone.
package final class ProgressReporter: Sendable {
  private struct State {
    var execution: ExecutionProgress?
    var phase = SessionPhase.connected
    var samples: [(time: ContinuousClock.Instant, done: Double)] = []
    var lastLine: ContinuousClock.Instant?
    var lastText = ""
    var best = 0.0
  }
  private let state = Mutex(State())
  private let mesh: any Mesh
  private let label: @Sendable (PartyIndex) -> String
  /// Protocol bytes this party sends in all, from the plan; 0 when it sends none.
  private let predictedBytes: Int
  private let interval: Duration
  /// Waiting shorter than this is ordinary and not mentioned.
  private let patience: Duration
  /// The rate is taken over this long.
  private static let window = Duration.seconds(30)

  /// A reporter of one party's run.
  ///
  /// - Parameters:
  ///   - mesh: its links, whose meter is read.
  ///   - predictedBytes: protocol bytes that this party sends in all, from the plan; 0 when it sends none.
  ///   - interval: between two lines at least.
  ///   - patience: waiting shorter than this is not mentioned.
  ///   - label: what a party is called.
  package init(
    mesh: any Mesh, predictedBytes: Int, interval: Duration = .seconds(3), patience: Duration = .seconds(2),
    label: @escaping @Sendable (PartyIndex) -> String
  ) {
    self.mesh = mesh
    self.predictedBytes = predictedBytes
    self.interval = interval
    self.patience = patience
    self.label = label
  }

  /// How far the execution is; from the party's thread.
  package func update(_ execution: ExecutionProgress) { state.withLock { $0.execution = execution } }
  /// Which phase was reached; from the party's thread.
  package func update(_ phase: SessionPhase) { state.withLock { $0.phase = phase } }

  /// The next line, or `nil` when it is too early or nothing has changed.
  package func line(at now: ContinuousClock.Instant = .now) -> String? {
    let sent = mesh.meter.reading.sentBytes.reduce(0, &+)
    let waiting = mesh.waitingOn
    return state.withLock { state in
      if let last = state.lastLine, last.duration(to: now) < interval { return nil }
      let view = snapshot(&state, sent: sent, waiting: waiting, now: now)
      let text = view.text
      guard text != state.lastText else { return nil }
      state.lastLine = now
      state.lastText = text
      return text
    }
  }

  private func snapshot(
    _ state: inout State, sent: Int, waiting: Waiting?, now: ContinuousClock.Instant
  ) -> ProgressView {
    var view = ProgressView(phase: state.phase)
    if let execution = state.execution {
      // Progress never goes back, whatever the two measures do.
      state.best = max(
        state.best,
        ProgressView.done(
          rounds: execution.roundsDone, of: execution.roundCount, bytes: sent, ofBytes: predictedBytes))
      state.samples.removeAll { $0.time.duration(to: now) > Self.window }
      state.samples.append((now, state.best))
      view.done = state.best
      view.rounds = (execution.roundsDone, execution.roundCount)
      view.bytes = (sent, predictedBytes)
      if let first = state.samples.first {
        view.remaining = ProgressView.remaining(
          done: state.best, gained: state.best - first.done, in: first.time.duration(to: now))
      }
    }
    if let waiting, waiting.since.duration(to: now) >= patience {
      view.waiting = ProgressView.Wait(
        label: label(waiting.party), what: words(waiting, state.phase),
        time: waiting.since.duration(to: now))
    }
    return view
  }

  private func words(_ waiting: Waiting, _ phase: SessionPhase) -> String {
    if waiting.need == .room { return ", which takes nothing," }
    if let name = ControlStep.name(waiting.step) { return " at \(name)" }
    return phase == .confirmed ? ", whose data are due," : ", whose next message is due,"
  }
}

/// What a progress line says, and how it is spelled.
package struct ProgressView: Sendable {
  /// Whom the party waits for.
  package struct Wait: Sendable, Hashable {
    /// The name of the other.
    package var label: String
    /// Joined to the label: " at the greeting", ", whose data are due,".
    package var what: String
    /// How long it has waited.
    package var time: Duration
    /// A wait; see the properties.
    package init(label: String, what: String, time: Duration) {
      self.label = label
      self.what = what
      self.time = time
    }
  }
  /// The last one reached.
  package var phase: SessionPhase
  /// 0 to 1; `nil` before the execution.
  package var done: Double?
  /// Flights that are over, of all.
  package var rounds: (Int, of: Int)?
  /// Payload bytes sent, of all that are planned.
  package var bytes: (Int, of: Int)?
  /// What is left by the speed so far; nil where that says nothing.
  package var remaining: Duration?
  /// Whom it waits for; nil while it computes.
  package var waiting: Wait?

  /// A line that says nothing but the phase.
  package init(phase: SessionPhase) { self.phase = phase }

  /// Rounds and bytes count half each: a program of many small rounds and one of few large ones both move on. 0
  /// to 1 whatever the arguments are.
  package static func done(rounds: Int, of roundCount: Int, bytes: Int, ofBytes byteCount: Int) -> Double {
    func share(_ part: Int, _ whole: Int) -> Double? {
      whole > 0 ? min(1, max(0, Double(part) / Double(whole))) : nil
    }
    let shares = [share(rounds, roundCount), share(bytes, byteCount)].compactMap { $0 }
    return shares.isEmpty ? 1 : shares.reduce(0, +) / Double(shares.count)
  }

  /// Time left at the recent rate; `nil` while there is too little to go by.
  package static func remaining(done: Double, gained: Double, in time: Duration) -> Duration? {
    let seconds = Double(time.wholeMilliseconds) / 1000
    guard seconds >= 1, gained > 0.001, done < 1 else { return nil }
    let left = (1 - done) / gained * seconds
    return left < 1e7 ? .milliseconds(Int(left * 1000)) : nil
  }

  /// The line, without a line feed.
  package var text: String {
    var parts: [String] = []
    if let done {
      // 100 % is said only when it is true.
      parts.append("\(done >= 1 ? 100 : min(99, Int(done * 100))) %")
      if let rounds { parts.append("round \(rounds.0) of \(rounds.of)") }
      if let bytes, bytes.of > 0 { parts.append("\(Self.size(bytes.0)) of \(Self.size(bytes.of)) sent") }
      if let remaining { parts.append("about \(Self.time(remaining)) left") }
    } else {
      parts.append(phase.activity)
    }
    if let waiting {
      parts.append("waiting on \(waiting.label)\(waiting.what) for \(Self.time(waiting.time))")
    }
    return parts.joined(separator: " · ")
  }

  /// "840 B", "12.3 kB", "4.0 GB": three digits, decimal units.
  package static func size(_ bytes: Int) -> String {
    guard bytes >= 1000 else { return "\(bytes) B" }
    var value = Double(bytes)
    var unit = "B"
    for next in ["kB", "MB", "GB", "TB", "PB"] where value >= 999.5 {
      value /= 1000
      unit = next
    }
    if value >= 99.95 { return "\(Int(value.rounded())) \(unit)" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }

  /// "8 s", "2 min 05 s", "3 h 20 min".
  package static func time(_ duration: Duration) -> String {
    let seconds = (max(0, duration.wholeMilliseconds) + 500) / 1000
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(two(seconds % 60)) s" }
    return "\(seconds / 3600) h \(two(seconds / 60 % 60)) min"
  }
}
