import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Synchronization
import Testing

/// What would happen without one part of the proofs, over a field of 2^8 elements with the production folding engine:
/// why the engine has that part. ``ChallengeTests`` shows that it has it.
@Suite struct VariantTests {
  private let field = BinaryField8()

  private func elements(_ count: Int, _ random: inout InsecureRandom) -> [UInt64] {
    (0..<count).map { _ in random.next() & 0xff }
  }

  private func vector(_ values: [UInt64], _ plan: FoldPlan) -> FoldVector<BinaryField8> {
    let storage = Storage<UInt64>(uninitialized: plan.levels.map(\.elements).max() ?? plan.finalElements)
    for (index, value) in values.enumerated() { storage[index] = value }
    return FoldVector(field, plan: plan, level: 0, storage: storage, count: values.count)
  }

  /// All challenges of one proof, and what the left verifier tells the prover instead.
  private struct Tape {
    var levels: [(alpha: [UInt64], beta: [UInt64])]
    var final: (alpha: [UInt64], beta: [UInt64])
    var p: UInt64
    var masks: [[UInt64]]
  }

  /// The right verifier's decision about a true claim when the prover was told another β at the first level, and the
  /// left verifier adds `correction` to its half of the last claim.
  private func decision(
    u: [UInt64], v: [UInt64], plan: FoldPlan, tape: Tape, lie: [UInt64], correction: UInt64
  ) -> Bool {
    var prover = ProverVectors(u: vector(u, plan), v: vector(v, plan))
    var left = VerifierVector(vector: vector(u, plan), target: field.innerProduct(u, v))
    var right = VerifierVector(vector: vector(v, plan), target: 0)
    for (index, level) in plan.levels.enumerated() {
      let (alpha, beta) = tape.levels[index]
      let mask = tape.masks[index]
      let share = zip(prover.products, mask).map { field.subtract($0, $1) }
      left.absorb(share, factor: level.factor, alpha: alpha, beta: beta, isLeft: true)
      right.absorb(mask, factor: level.factor, alpha: alpha, beta: beta, isLeft: false)
      prover.fold(alpha: alpha, beta: index == 0 ? lie : beta)
    }
    let mask = tape.masks[plan.levels.count]
    // Without the mask of v, which alone would spoil the guess already.
    let share = zip(prover.finalProducts(p: tape.p, q: 0), mask).map { field.subtract($0, $1) }
    var message = left.leftMessage(share, p: tape.p, alpha: tape.final.alpha, beta: tape.final.beta)
    message[1] = field.add(message[1], correction)
    return right.accepts(message, products: mask, q: 0, alpha: tape.final.alpha, beta: tape.final.beta)
  }

  /// `sim/attack_oneway_without_echo.py`: a left verifier that lies about a challenge can make the check pass exactly
  /// when one secret bit of the share that prover and right verifier have in common is what it guessed. It computes
  /// the correction of its message from the guess alone. With the echo the right verifier does not come to evaluate.
  @Test func aWrongChallengeWithoutEchoTellsABit() {
    let plan = FoldPlan(elements: 32, first: [4])
    let seed = 0x5eed_4001 as UInt64
    var random = InsecureRandom(seed: seed)
    var (right, wrong, trials) = (0, 0, 0)
    for _ in 0..<100 {
      let u = elements(32, &random)
      var known = random.bits(32).map { $0 ? 1 as UInt64 : 0 }
      let secret = random.next() & 1
      let tape = Tape(
        levels: plan.levels.map { (elements($0.factor, &random), elements($0.factor, &random)) },
        final: (elements(plan.finalElements, &random), elements(plan.finalElements, &random)),
        p: random.next() & 0xff,
        masks: plan.levels.map { elements($0.products, &random) } + [elements(plan.finalProducts, &random)])
      let lie = elements(plan.levels[0].factor, &random)
      func decides(_ bit: UInt64, _ correction: UInt64) -> Bool {
        known[5] = bit
        return decision(u: u, v: known, plan: plan, tape: tape, lie: lie, correction: correction)
      }
      for guess in [0, 1] as [UInt64] {
        // What the left verifier finds out by itself, for a world in which its guess is right.
        let corrections = (0..<256 as Range<UInt64>).filter { decides(guess, $0) }
        guard corrections.count == 1 else { continue }
        trials += 1
        let passes = decides(secret, corrections[0])
        if passes == (guess == secret) { right += 1 } else { wrong += 1 }
      }
    }
    #expect(trials > 190 && wrong * 20 < trials, "\(wrong) of \(trials) wrong, \(right) right, seed \(seed)")
  }

  /// `sim/attack_without_ready.py`, (a): if the first challenge is out before the right verifier's half of the
  /// statement is fixed, a holder that colludes with the prover chooses its late share so that the random combination
  /// of a wrong batch vanishes. Nearly always, against 1/256.
  @Test func aLateShareAfterTheChallengeProvesNothing() {
    let seed = 0x5eed_4002 as UInt64
    var random = InsecureRandom(seed: seed)
    let (trials, gates) = (300, 40)
    var passed = 0
    for _ in 0..<trials {
      let (xi, yi, yj) = (random.bits(gates), random.bits(gates), random.bits(gates))
      let weights = elements(gates, &random)
      // The prover's message was made for x_{i+1} = 0, and its first gate is wrong. A share x_{i+1} that is 1 at gate
      // g moves the combination by ρ_g where y_i is 1.
      let free = (1..<gates).filter { yi[$0] }
      guard let chosen = combination(of: free.map { weights[$0] }, equalTo: weights[0]) else { continue }
      var xj = [Bool](repeating: false, count: gates)
      for (place, isOne) in chosen.enumerated() where isOne { xj[free[place]] = true }
      var (u, v): ([UInt64], [UInt64]) = ([], [])
      var claim: UInt64 = 0
      for g in 0..<gates {
        u += [xi[g], yi[g]].map { $0 ? weights[g] : 0 }
        v += [yj[g], xj[g]].map { $0 ? 1 : 0 }
        if (xi[g] && yj[g]) != (g == 0) { claim = field.add(claim, weights[g]) }
      }
      let proof = FoldedClaim(field, plan: FoldPlan(elements: 2 * gates, first: [4]))
      let right = random.next() & 0xff
      if proof.isAccepted(
        u: u, v: v, left: field.subtract(claim, right), right: right, cheat: .truth, random: &random)
      {
        passed += 1
      }
    }
    #expect(Double(passed) > 0.9 * Double(trials), "\(passed) of \(trials), seed \(seed)")
  }

  /// Which of `numbers` (bytes) give `target` by exclusive or, if any do.
  private func combination(of numbers: [UInt64], equalTo target: UInt64) -> [Bool]? {
    var basis: [(value: UInt64, members: [Bool])] = []
    func reduced(_ value: UInt64, _ members: [Bool]) -> (UInt64, [Bool]) {
      basis.reduce((value, members)) { current, entry in
        let top = UInt64(1) << UInt64(63 - entry.value.leadingZeroBitCount)
        guard current.0 & top != 0 else { return current }
        return (current.0 ^ entry.value, zip(current.1, entry.members).map { $0 != $1 })
      }
    }
    for (index, number) in numbers.enumerated() {
      let (value, members) = reduced(number, numbers.indices.map { $0 == index })
      if value != 0 { basis.append((value, members)) }
    }
    let (rest, members) = reduced(target, numbers.map { _ in false })
    return rest == 0 ? members : nil
  }

  /// `sim/class_u_truncation.py` for the engine's own mask: whatever errors earlier products carry, what an opening
  /// under a fresh mask shows is uniform. Ring Z_2^8, every product of the corrupt party off by another number.
  @Test(arguments: [0, 1, 2], [false, true]) func aMaskedOpeningIsUniform(corrupt: Int, isAttacked: Bool) throws {
    let count = 1024
    // What is opened at the honest party that has the errors in its share; the other one sees that the share it lacks
    // is not the one that the corrupt party still vouches for.
    let seen = Mutex<[UInt64]>([])
    let reader = PartyIndex(corrupt).advanced(by: -1, of: 3)
    let circuit = AttackCircuit<VerifiedReplicatedFamily<UInt8>>(
      "masked product", words: [Array(repeating: 3, count: count), Array(repeating: 7, count: count)],
      outputs: [.words(count)]
    ) { party in
      let product = try party.products(100, [(party.words[0], party.words[1])], count: count)[0]
      let mask = try party.engine.freshMask(count: count, step: .init(instruction: 101))
      let opened = try party.engine.openMasked(product, mask: mask, step: .init(instruction: 102))
      if party.base.index == reader { seen.withLock { $0 += opened } }
      return [.arith(product, count: count)]
    }
    for run in 0..<8 as Range<UInt64> {
      let world = AttackWorld(
        VerifiedReplicatedFamily(UInt8.self), circuit, seed: 0x5eed_4100 + 16 * UInt64(corrupt) + run)
      let outcome = world.run { message, _ in
        guard isAttacked, message.from.rawValue == corrupt, message.step.instruction == 100 else { return .pass }
        return .change(message.bytes.enumerated().map { $0.element &+ UInt8(truncatingIfNeeded: $0.offset % 3) })
      }
      #expect((outcome.values != nil) == !isAttacked, "\(outcome.description)")
    }
    let words = seen.withLock { $0 }
    try #require(words.count == 8 * count)
    var bins = [Double](repeating: 0, count: 256)
    for word in words { bins[Int(word)] += 1 }
    let mean = Double(words.count) / 256
    let chi = bins.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / mean }
    // 255 degrees of freedom: 370 is exceeded with probability 10^-5; the seeds are fixed.
    #expect(chi < 370, "\(corrupt), attacked: \(isAttacked), \(chi)")
  }
}
