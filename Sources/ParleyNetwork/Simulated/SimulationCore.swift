internal import ParleyBase

/// A message on a simulated link and the virtual time at which its last bit is there.
struct Flight {
  var frame: Frame
  var arrival: Duration
}

/// One direction between two parties in virtual time.
struct SimulatedLink {
  private let profile: LinkProfile?
  private var random: InsecureSplitMix
  /// When the wire is free again.
  private var free = Duration.zero
  private var lastArrival = Duration.zero
  var flights = FrameQueue<Flight>()

  /// A nil profile is the link of a party to itself: it takes no time.
  init(profile: LinkProfile?, from: Int, to: Int) {
    self.profile = profile
    random = InsecureSplitMix(seed: profile?.seed ?? 0)
    // Links of one profile lose different packets.
    random = InsecureSplitMix(seed: random.next() ^ UInt64(from) << 32 ^ UInt64(to))
  }

  mutating func append(_ frame: Frame, at now: Duration) {
    guard let profile else {
      flights.append(Flight(frame: frame, arrival: now))
      return
    }
    let transmission = profile.transmission(ofBytes: frame.count)
    let start = profile.start(ready: max(now, free), transmission: transmission)
    free = start + transmission
    let delay = profile.lossDelay(ofBytes: frame.count, random: &random)
    // In order: what comes behind a lost packet waits for it.
    lastArrival = max(lastArrival, free + profile.latency + delay)
    flights.append(Flight(frame: frame, arrival: lastArrival))
  }
}

/// The state all parties of a simulation share, under one lock.
final class SimulationCore: @unchecked Sendable {
  let states: [PartyState]
  private let options: SimulationOptions
  private let lock = Lock()
  private let woken: [Condition]
  // Under the lock:
  private var clocks: [Duration]
  /// By sender, then by receiver.
  private var links: [[SimulatedLink]]
  /// Set exactly while a party sleeps for a message that has not been sent.
  private var sleeping: [Waiting?]

  init(count: Int, options: SimulationOptions, profile: (PartyIndex, PartyIndex) -> LinkProfile) {
    self.options = options
    states = (0..<count).map { PartyState(party: PartyIndex($0)) }
    woken = (0..<count).map { _ in Condition() }
    clocks = Array(repeating: .zero, count: count)
    sleeping = Array(repeating: nil, count: count)
    links = (0..<count).map { from in
      (0..<count).map { to in
        SimulatedLink(
          profile: from == to ? nil : profile(PartyIndex(from), PartyIndex(to)), from: from, to: to)
      }
    }
  }

  func clock(of party: Int) -> Duration { lock.withLock { clocks[party] } }
  var elapsed: Duration { lock.withLock { clocks.max() ?? .zero } }

  func advance(_ party: Int, by time: Duration) { lock.withLock { clocks[party] += time } }

  func send(_ frame: Frame, from: Int, to: Int) throws(ParleyError) {
    lock.lock()
    defer { lock.unlock() }
    try states[from].check(step: frame.step)
    if states[to].end != nil || states[to].hasDismissed(PartyIndex(from)) { return }
    links[from][to].append(frame, at: clocks[from])
    if let waiting = sleeping[to], waiting.party.rawValue == from {
      sleeping[to] = nil
      woken[to].wakeAll()
    }
  }

  /// Takes the next frame and moves the receiver's clock to its arrival.
  ///
  /// - Parameter any: of whatever step; otherwise it stays where it is when it brings news of the roster and other things are due.
  func receive(step: StepID, from: Int, at to: Int, any: Bool = false) throws(ParleyError) -> Frame {
    lock.lock()
    defer { lock.unlock() }
    let waiting = Waiting(party: PartyIndex(from), step: step)
    if states[to].hasDismissed(waiting.party) { throw MeshErrors.vanished(waiting.party, at: step) }
    if links[from][to].flights.isEmpty { try sleep(waiting, at: to) }
    try states[to].check(step: step)
    guard let flight = links[from][to].flights.first else {
      throw states[to].missing(
        states[from], step, otherwise: MeshErrors.peerClosed(waiting.party, step: step))
    }
    if flight.arrival - clocks[to] > options.patience {
      clocks[to] += options.patience
      throw states[to].missing(
        states[from], step, otherwise: MeshErrors.timeout(waiting, after: options.patience))
    }
    clocks[to] = max(clocks[to], flight.arrival)
    if !any, step != .roster, flight.frame.step == .roster, states[to].tolerates(waiting.party) {
      throw MeshErrors.noticed(from: waiting.party, step)
    }
    _ = links[from][to].flights.popFirst()
    return flight.frame
  }

  private func sleep(_ waiting: Waiting, at local: Int) throws(ParleyError) {
    let peer = waiting.party.rawValue
    let deadline = MonotonicTime.deadline(in: options.realPatience)
    sleeping[local] = waiting
    states[local].waiting.set(waiting)
    defer {
      sleeping[local] = nil
      states[local].waiting.set(nil)
    }
    try stopWhenDeadlocked(local)
    while links[peer][local].flights.isEmpty && states[local].end == nil && states[peer].end == nil
      && !states[peer].hasDismissed(states[local].party)
    {
      guard woken[local].wait(lock, until: deadline) || !links[peer][local].flights.isEmpty else {
        throw states[local].missing(
          states[peer], waiting.step, otherwise: MeshErrors.timeout(waiting, after: options.realPatience))
      }
    }
  }

  /// Every party sleeps for at most one message, so parties that cannot go on form a circle, and the circle is
  /// closed by the one that falls asleep last.
  private func stopWhenDeadlocked(_ local: Int) throws(ParleyError) {
    var at = local
    for _ in states {
      guard states[at].end == nil, let waiting = sleeping[at] else { return }
      at = waiting.party.rawValue
      if at == local { break }
    }
    guard at == local else { return }
    let error = MeshErrors.deadlock(
      StallReport(
        lines: sleeping.indices.compactMap { index in
          guard states[index].end == nil else { return nil }
          return sleeping[index].map { StallReport.Line(party: PartyIndex(index), waiting: $0) }
        }))
    for state in states { _ = state.finish(.failed(error)) }
    wakeAll()
    throw error
  }

  func abort(_ party: Int, _ reason: ParleyError) {
    lock.withLock {
      guard states[party].finish(.failed(reason)) else { return }
      for state in states where states[party].hears(of: reason, at: state) {
        _ = state.finish(.failed(MeshErrors.aborted(by: PartyIndex(party))))
      }
      wakeAll()
    }
  }

  func vanish(_ party: Int) {
    lock.withLock {
      guard states[party].finish(.failed(PartyState.vanished)) else { return }
      wakeAll()
    }
  }

  func dismiss(_ party: Int, at local: Int) {
    lock.withLock {
      states[local].dismiss(PartyIndex(party))
      links[party][local].flights.removeAll()
      wakeAll()
    }
  }

  func close(_ party: Int) {
    lock.withLock {
      guard states[party].finish(.closed) else { return }
      for index in states.indices { links[index][party].flights.removeAll() }
      wakeAll()
    }
  }

  private func wakeAll() { for condition in woken { condition.wakeAll() } }
}
