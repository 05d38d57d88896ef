import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// An error of 2^k on the mac of z, of which w·z is computed afterwards, makes the difference T = 2^k (α + β·w) with the
/// coefficients α and β of the two. Who knew them would learn the low bits of w, an honest party's input, from T, and with
/// k = 127 from the mere end of the run, which in half of the runs is a good one.
@Suite struct MacCoefficientTests {
  typealias World = AttackWorld<MacReplicatedFamily>
  private static let step = StepID(instruction: 100)

  /// One attacked run, and what the attacker could use.
  private struct Trial {
    /// Modulo 4.
    let w: Int
    /// Of the opened difference the two highest bits.
    let difference: Int
    let passes: Bool
    /// α and β modulo 4, as the three keys make them.
    let all: [Int]
    /// The sum of the two shares of each that the corrupt party has, modulo 4.
    let known: [Int]
    /// The low bit of the opened key.
    let key: Int
  }

  private static func trial(seed: UInt64, exponent: Int) throws -> Trial {
    let corrupt = PartyIndex(Int(seed % 3))
    var random = InsecureRandom(seed: seed, 0x6d61_6373)
    let words = random.words(3)
    let error: UInt128 = 1 << UInt128(exponent)
    let circuit = AttackCircuit<MacReplicatedFamily>(
      "error on a mac", words: words.map { [$0] }, outputs: [.words(1)]
    ) { party in
      let z = try party.products(step.instruction, [(party.words[0], party.words[1])], count: 1)[0]
      // The corrupt party's own copy fits to what it has sent: first the value, then the mac.
      if party.base.index == corrupt { z.mac?.storage.pointer[1] &+= error }
      return [.arith(try party.products(101, [(z, party.words[2])], count: 1)[0], count: 1)]
    }
    let outcome = World(MacReplicatedFamily(), circuit, seed: seed).run { message, _ in
      guard message.from == corrupt, message.step == step else { return .pass }
      return .change(MacWorld.add(error, toWord: 1, of: message.bytes))
    }
    // Three inputs come before the two products.
    var shares: [[Int]] = []
    for j in 0..<3 {
      let holder = PartyIndex(j)
      let stream = try InsecureKeys.schedule(of: holder, with: holder.advanced(by: -1, of: 3), seed: seed)
        .generator(.macCoefficient).stream(MacSteps.coefficients)
      let list = stream.words(10)
      shares.append([3, 4].map { Int(list[2 * $0] & 3) })
    }
    func sum(_ numbers: [Int]) -> [Int] {
      [0, 1].map { place in numbers.reduce(0) { $0 + shares[$1][place] } & 3 }
    }
    if outcome.values != nil {
      // What is accepted is right: only a mac was wrong.
      #expect(outcome.values == [.words([words[0] &* words[1] &* words[2]])], "seed \(seed)")
    }
    return Trial(
      w: Int(words[2] & 3), difference: Int(try opened(outcome.transcript, MacSteps.difference) >> 126),
      passes: outcome.values != nil, all: sum([0, 1, 2]),
      known: sum([corrupt.rawValue, (corrupt.rawValue + 1) % 3]),
      key: Int(try opened(outcome.transcript, MacSteps.keyOpening) & 1))
  }

  /// Every party sends its predecessor the share that it lacks: the three messages are all shares.
  private static func opened(_ transcript: Transcript, _ step: StepID) throws -> UInt128 {
    try (0..<3).reduce(0 as UInt128) { total, from in
      let link = Transcript.Link(from: PartyIndex(from), to: PartyIndex((from + 2) % 3))
      let bytes = try #require(transcript.links[link, default: []].first { $0.step == step }?.bytes)
      return total &+ bytes.reversed().reduce(0) { $0 << 8 | UInt128($1) }
    }
  }

  private static let seeds = 50_000..<50_480 as Range<UInt64>

  /// Whether a run ends well does not depend on w, whatever is known of what was opened and of the keys of one party.
  @Test func theEndTellsNothing() throws {
    var passed: [[Int]: [Int: (of: Int, well: Int)]] = [:]
    var (right, guesses) = (0, 0)
    for seed in Self.seeds {
      let trial = try Self.trial(seed: seed, exponent: 127)
      let w = trial.w & 1
      // With all three keys the end is known beforehand: the test looks at the right thing.
      #expect(trial.passes == ((trial.all[0] + trial.all[1] * w) & 1 == 0), "seed \(seed)")
      for place in [[], [0, trial.known[0] & 1, trial.known[1] & 1], [1, trial.key]] {
        passed[place, default: [:]][w, default: (0, 0)].of += 1
        if trial.passes { passed[place, default: [:]][w, default: (0, 0)].well += 1 }
      }
      // With public coefficients this guess is always right.
      if trial.known[1] & 1 == 1 {
        guesses += 1
        let guess = trial.passes ? trial.known[0] & 1 : 1 - trial.known[0] & 1
        if guess == w { right += 1 }
      }
    }
    #expect(passed.count == 7)
    for (place, byW) in passed {
      for w in [0, 1] {
        let (of, well) = byW[w, default: (0, 0)]
        // Half of them, within four and a half standard deviations.
        let distance = Double(2 * well - of)
        #expect(of > 30 && distance * distance < 20 * Double(of), "\(place), w = \(w): \(well) of \(of)")
      }
    }
    let distance = Double(2 * right - guesses)
    #expect(guesses > 180 && distance * distance < 20 * Double(guesses), "\(right) of \(guesses) guesses")
  }

  /// Nor does the opened difference: it has the same distribution for all w, given the attacker's shares.
  @Test func theDifferenceTellsNothing() throws {
    var cells: [[Int]: Int] = [:]
    var seen: Set<Int> = []
    for seed in Self.seeds {
      let trial = try Self.trial(seed: seed + 1000, exponent: 126)
      #expect(trial.difference == (trial.all[0] + trial.all[1] * trial.w) & 3, "seed \(seed)")
      #expect(trial.passes == (trial.difference == 0), "seed \(seed)")
      // As it looks to the attacker, which takes off what it can: its own shares, for the right w.
      let rest = (trial.difference - trial.known[0] - trial.known[1] * trial.w) & 3
      cells[[0, trial.w, trial.difference], default: 0] += 1
      cells[[1, trial.w, rest], default: 0] += 1
      seen.insert(trial.w)
    }
    #expect(seen.count == 4)
    for view in [0, 1] {
      for w in 0..<4 {
        let counts = (0..<4).map { Double(cells[[view, w, $0], default: 0]) }
        let expected = counts.reduce(0, +) / 4
        let value = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        // Three degrees of freedom: 21 is exceeded once in 10 000 times.
        #expect(value < 21, "view \(view), w = \(w): \(counts)")
      }
    }
  }

  /// No message of the check carries a coefficient: two flights after the sums there is the key, the difference, and
  /// nothing else.
  @Test func nothingElseIsSent() throws {
    let transcript = try #require(try MacWorld().run().transcript)
    let steps = Set(
      transcript.links.values.joined().map(\.step).filter { (0xde_0000..<0xde_1000).contains($0.instruction) })
    #expect(
      Set(steps.map(\.instruction))
        == Set([MacSteps.sums, MacSteps.ready, MacSteps.keyOpening, MacSteps.difference].map(\.instruction)))
  }
}
