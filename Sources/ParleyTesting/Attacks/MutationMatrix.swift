package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
internal import Synchronization

/// Every message of one corrupt computing party, changed in every way: whatever the change, no honest principal may end
/// with a wrong result, and a change that its receiver can see must be noticed by an honest principal's own check
/// before anything is opened.
package struct MutationMatrix<F: EngineFamily>: Sendable {
  /// What came of a changed message.
  package enum Outcome: String, CaseIterable, Sendable {
    /// An honest principal's own check fired.
    case caught
    /// Nobody went on, because a message did not come.
    case stopped
    /// The same because the corrupt party, which runs the honest program but for the change, noticed its own lie first,
    /// although in a second run it received what it would have without.
    case own
    /// The receiver saw no difference, and everybody has the right result.
    case identity
    /// The change was visible, and everybody has the right result.
    case accepted
    /// The same, of something that the protocol lets pass because no result depends on it.
    case harmless
    /// The same, but somebody had its result before, where there is no fairness to promise.
    case late
    /// Somebody had its result where nothing may have been opened, or keys are still usable after a failure.
    case early
    /// An honest principal has another result than the right one.
    case wrong
  }

  /// One run.
  package struct Trial: Sendable {
    /// How the message was changed.
    package var mutation: Mutation
    /// As the honest program wanted to send it.
    package var message: InterceptedMessage
    /// What it is for.
    package var kind: MessageClass
    /// What came of it.
    package var outcome: Outcome
    /// What principals said, in words.
    package var report: String
  }

  /// What is attacked.
  package var world: AttackWorld<F>
  /// Whose messages are changed.
  package var corrupt: PartyIndex
  /// The right results.
  package var expected: [ClearValues]
  /// Every how many-th change is tried.
  package var stride: Int
  /// What messages are for, in this protocol.
  package var classify: @Sendable (InterceptedMessage) -> MessageClass = { MessageClass.of($0) }
  /// Whether the protocol may let these bytes pass in place of those of the message, as the results stay right.
  package var isHarmless: @Sendable (InterceptedMessage, [UInt8]) -> Bool = { _, _ in false }

  /// All changes of one party's messages, or every `stride`-th.
  package init(_ world: AttackWorld<F>, corrupt: PartyIndex, expected: [ClearValues], stride: Int = 1) {
    self.world = world
    self.corrupt = corrupt
    self.expected = expected
    self.stride = stride
  }

  /// A run without any change that fails.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// Runs everything; throws when the honest run fails already.
  package func run(_ mutations: [Mutation] = Mutation.allCases) throws -> [Trial] {
    let honest = world.run()
    guard honest.values == expected, honest[world.recipient].values == expected else {
      let got = honest.values ?? []
      let places = zip(got, expected).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
      throw Failure(
        description: "the honest run gives other results at \(places), seed \(world.seed): \(honest.description)")
    }
    var trials: [Trial] = []
    var number = 0
    for to in world.everybody where to != corrupt && to != world.holder {
      let link = honest.transcript.links[.init(from: corrupt, to: to), default: []]
      for (ordinal, entry) in link.enumerated() {
        for mutation in mutations {
          number += 1
          guard number % stride == 0 else { continue }
          let message = InterceptedMessage(
            step: entry.step, from: corrupt, to: to, bytes: entry.bytes ?? [], ordinal: ordinal)
          trials.append(attack(message, mutation, honest.transcript))
        }
      }
    }
    return trials
  }

  /// Changes every message once, in a way that the seed chooses.
  ///
  /// - Parameter most: of each kind of message at most so many are changed, evenly over the run; nil for all.
  package func runOnceEach(most: Int? = nil) throws -> [Trial] {
    let honest = world.run()
    guard honest.values == expected, honest[world.recipient].values == expected else {
      throw Failure(description: "the honest run gives other results, seed \(world.seed): \(honest.description)")
    }
    var targets: [MessageClass: [InterceptedMessage]] = [:]
    for to in world.everybody where to != corrupt && to != world.holder {
      let link = honest.transcript.links[.init(from: corrupt, to: to), default: []]
      for (ordinal, entry) in link.enumerated() {
        let message = InterceptedMessage(
          step: entry.step, from: corrupt, to: to, bytes: entry.bytes ?? [], ordinal: ordinal)
        targets[classify(message), default: []].append(message)
      }
    }
    var random = InsecureRandom(seed: world.seed, 0x6f6e_6365)
    var trials: [Trial] = []
    for (_, messages) in targets.sorted(by: { $0.key < $1.key }) {
      let count = min(most ?? messages.count, messages.count)
      for place in 0..<count {
        // One of each of so many stretches of about the same length.
        let (first, end) = (messages.count * place / count, messages.count * (place + 1) / count)
        let message = messages[first + Int(random.next() % UInt64(end - first))]
        let mutation = Mutation.allCases[Int(random.next() % UInt64(Mutation.allCases.count))]
        trials.append(attack(message, mutation, honest.transcript))
      }
    }
    return trials
  }

  private func attack(_ target: InterceptedMessage, _ mutation: Mutation, _ honest: Transcript) -> Trial {
    let link = honest.links[.init(from: target.from, to: target.to), default: []]
    let change = Mutex<(isIdentity: Bool, isHarmless: Bool)>((true, false))
    // Nonces make this run's messages differ from those of the honest one: an older payload may be the same here.
    let earlier = Mutex<[Int: [UInt8]]>([:])
    let lie: @Sendable (InterceptedMessage) -> Interception? = { message in
      guard message.from == target.from, message.to == target.to else { return nil }
      guard message.ordinal == target.ordinal else {
        earlier.withLock { $0[message.ordinal] = message.bytes }
        return nil
      }
      var (action, same) = mutation.apply(to: message, link: link, seed: world.seed)
      if case .replay(let ordinal) = action { same = earlier.withLock { $0[ordinal] } == message.bytes }
      var harmless = false
      if case .change(let bytes) = action { harmless = isHarmless(message, bytes) }
      change.withLock { $0 = (same, harmless) }
      return action
    }
    let kind = classify(target)
    // A second copy is noticed where the next message of the link is expected.
    let next = link.indices.contains(target.ordinal + 1) ? link[target.ordinal + 1].step : target.step
    let noticed =
      mutation == .duplicate
      ? classify(.init(step: next, from: target.from, to: target.to, bytes: [], ordinal: target.ordinal + 1))
      : kind
    var result = world.run { message, _ in lie(message) ?? .pass }
    var outcome = judge(result, noticed, isIdentity: change.withLock { $0.isIdentity })
    if outcome == .own {
      let undisturbed = AttackWorld<F>.undisturbed(target.from, honest)
      result = world.run { message, _ in lie(message) ?? undisturbed(message) }
      outcome = judge(result, noticed, isIdentity: change.withLock { $0.isIdentity })
    }
    if outcome == .accepted, change.withLock({ $0.isHarmless }) { outcome = .harmless }
    return Trial(mutation: mutation, message: target, kind: kind, outcome: outcome, report: result.description)
  }

  private func judge(_ result: AttackOutcome, _ kind: MessageClass, isIdentity: Bool) -> Outcome {
    let honest = world.everybody.filter { $0 != corrupt }
    if honest.contains(where: { result[$0].values.map { $0 != expected } ?? false }) { return .wrong }
    let failed = honest.filter { result[$0].failure != nil }
    guard !failed.isEmpty else { return isIdentity ? .identity : .accepted }
    guard failed.allSatisfy({ result[$0].keysAreGone }) else { return .early }
    let hasOutput = honest.contains { result[$0].values != nil }
    if hasOutput && !kind.isFollowedByOutput { return .early }
    if failed.contains(where: { result[$0].hasCaught }) { return hasOutput ? .late : .caught }
    return result[corrupt].hasCaught ? .own : .stopped
  }

  /// Runs that must not be: wrong results, visible changes that nobody noticed, and changes of a message, as against
  /// a message that does not come, that no check of an honest principal noticed.
  package func offending(_ trials: [Trial]) -> [Trial] {
    trials.filter {
      switch $0.outcome {
      case .wrong, .accepted, .early: true
      case .stopped: $0.mutation != .drop
      // The answer to a wrong challenge is in another field; liars that do not mind are in the tests of challenges.
      case .own: $0.kind != .challenge
      case .caught, .identity, .late, .harmless: false
      }
    }
  }

  /// Outcomes by kind of message and mutation, for reading.
  package static func table(_ trials: [Trial]) -> String {
    var cells: [MessageClass: [Mutation: [Outcome: Int]]] = [:]
    for trial in trials {
      cells[trial.kind, default: [:]][trial.mutation, default: [:]][trial.outcome, default: 0] += 1
    }
    return cells.sorted { $0.key < $1.key }.map { kind, row in
      "\(kind.rawValue)\n"
        + row.sorted { $0.key.rawValue < $1.key.rawValue }.map { mutation, counts in
          "  \(mutation.rawValue): "
            + counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
            .joined(separator: ", ")
        }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// The offending runs, and how to repeat them.
  package func complaint(_ trials: [Trial]) -> String {
    offending(trials).prefix(20).map {
      "\($0.outcome.rawValue): \($0.mutation.rawValue) on \($0.kind.rawValue) message of \($0.message.step) "
        + "from \($0.message.from) to \($0.message.to) (number \($0.message.ordinal) of the link), seed \(world.seed): "
        + $0.report
    }.joined(separator: "\n")
  }
}

extension MutationMatrix where F == MacReplicatedFamily {
  /// Changes of values, macs and their combinations by multiples of 2^100 modulo 2^128. One of 2^127 on a mac passes in
  /// half of the runs, if a sum of coefficients is even, one on the combination of values if r is; the upper half of a value
  /// is no part of it (docs/proofs/macs.md). Of 2^100 fewer than one in 2^27 pass. AND gates have no messages of whole 16 bytes in the circuits of attacks.
  @Sendable package static func isInNoResult(_ message: InterceptedMessage, _ bytes: [UInt8]) -> Bool {
    guard [.exchange, .inputMac, .maskMac, .macSums].contains(MessageClass.of(message)), bytes.count % 16 == 0,
      bytes.count == message.bytes.count
    else { return false }
    // A difference is a multiple of 2^100 exactly if the low 100 bits are the same.
    return zip(message.bytes, bytes).enumerated().allSatisfy { place, pair in
      switch place % 16 {
      case ..<12: pair.0 == pair.1
      case 12: (pair.0 ^ pair.1) & 0x0f == 0
      default: true
      }
    }
  }
}
