import ParleyBase
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// The error of the checks, seen: the production folding engine over fields of about 2^8 elements, against the best
/// provers known. The fields are so small that cheating succeeds some percent of the time, as often as computed.
@Suite struct SoundnessTests {
  private static let trials = 4000

  /// Passes within five standard deviations of `probability`, both ways.
  private func expect(_ passes: Int, of trials: Int, near probability: Double, _ what: String) {
    let mean = probability * Double(trials)
    let spread = 5 * (mean * (1 - probability)).squareRoot()
    #expect(abs(Double(passes) - mean) <= spread, "\(what): \(passes) of \(trials), \(mean) expected")
  }

  /// One batch of AND gates in all three roles: u and v as the prover has them, and both verifiers' halves of the
  /// claim, with errors added to the messages of some gates.
  private func gates<F: SmallField>(
    _ field: F, count: Int, errors: [Int], random: inout InsecureRandom
  ) -> (u: [UInt64], v: [UInt64], left: UInt64, right: UInt64) {
    func bits() -> [UInt64] { random.bits(count).map { $0 ? 1 : 0 } }
    let (xi, yi, xj, yj, mine, next) = (bits(), bits(), bits(), bits(), bits(), bits())
    let weights = (0..<count).map { _ in field.element(random.next(), random.next()) }
    var (u, v): ([UInt64], [UInt64]) = ([], [])
    var (left, right): (UInt64, UInt64) = (0, 0)
    for g in 0..<count {
      var z = xi[g] & yi[g] ^ xi[g] & yj[g] ^ xj[g] & yi[g] ^ mine[g] ^ next[g]
      if errors.contains(g) { z ^= 1 }
      left = field.add(left, field.multiply(weights[g], z ^ xi[g] & yi[g] ^ mine[g]))
      right = field.add(right, field.multiply(weights[g], next[g]))
      u += [field.multiply(weights[g], xi[g]), field.multiply(weights[g], yi[g])]
      v += [yj[g], xj[g]]
    }
    return (u, v, left, right)
  }

  private func passes<F: SmallField>(
    _ claim: FoldedClaim<F>, gates count: Int, errors: [Int], cheat: FoldedClaim<F>.Cheat, seed: UInt64,
    trials: Int, foresees: Bool = false
  ) -> Int {
    var random = InsecureRandom(seed: seed)
    return (0..<trials).count { _ in
      let batch = gates(claim.field, count: count, errors: errors, random: &random)
      return claim.isAccepted(
        u: batch.u, v: batch.v, left: batch.left, right: batch.right, cheat: cheat, random: &random,
        foresees: foresees)
    }
  }

  /// Wrong gates pass with probability 1/q for the random combination and 2/q for each level and the last message,
  /// no more and no less: the bound (1 + 2·levels + 2)/q of docs/proofs/verification.md is tight.
  @Test(arguments: [8, 40, 150]) func wrongGatesPassAsOftenAsComputed(count: Int) {
    let claim = FoldedClaim(BinaryField8(), plan: FoldPlan(elements: 2 * count, first: [4]))
    let q = 256.0
    let exact = 1 - (1 - 1 / q) * (1 - claim.passingProbability)
    #expect(exact <= 1 / q + claim.bound && exact > 0.9 * (1 / q + claim.bound))
    for (index, errors) in [[0], [count - 1], [1, 2, count / 2]].enumerated() {
      for cheat in [FoldedClaim<BinaryField8>.Cheat.truth, .rankOne] {
        let seed = 0x5eed_e000 + UInt64(10 * count + index)
        let passed = passes(
          claim, gates: count, errors: errors, cheat: cheat, seed: seed, trials: Self.trials)
        expect(passed, of: Self.trials, near: exact, "\(count) gates, errors \(errors), \(cheat), seed \(seed)")
      }
      // Errors of higher rank pass no more often.
      let seed = 0x5eed_e800 + UInt64(10 * count + index)
      let passed = passes(claim, gates: count, errors: errors, cheat: .diagonal, seed: seed, trials: 1000)
      let most = 1000 * exact
      #expect(Double(passed) <= most + 5 * most.squareRoot(), "\(count) gates, diagonal, seed \(seed)")
    }
  }

  @Test(arguments: [8, 40, 150]) func rightGatesAlwaysPass(count: Int) {
    let claim = FoldedClaim(BinaryField8(), plan: FoldPlan(elements: 2 * count, first: [4]))
    #expect(passes(claim, gates: count, errors: [], cheat: .truth, seed: 0x5eed_e900, trials: 200) == 200)
  }

  /// Challenges that are known before the message they are about prove nothing (`sim/attack_without_ready.py`, b):
  /// whoever guesses one passes that level.
  @Test func foreseenChallengesProveNothing() {
    let claim = FoldedClaim(BinaryField8(), plan: FoldPlan(elements: 80, first: [4]))
    let passed = passes(
      claim, gates: 40, errors: [3], cheat: .truth, seed: 0x5eed_ea00, trials: 1000, foresees: true)
    #expect(passed > 950, "\(passed) of 1000")
  }

  /// The same over a prime field: a claim that is off by one passes with the same probability.
  @Test func wrongClaimsOverAPrime() {
    let claim = FoldedClaim(SmallPrimeField(251), plan: FoldPlan(elements: 70, first: [4, 4]))
    for cheat in [FoldedClaim<SmallPrimeField>.Cheat.truth, .rankOne] {
      let seed = 0x5eed_eb00 + UInt64(cheat == .truth ? 0 : 1)
      var random = InsecureRandom(seed: seed)
      let passed = (0..<Self.trials).count { _ in
        let (u, v) = (random.words(70).map { $0 % 251 }, random.words(70).map { $0 % 251 })
        let right = random.next() % 251
        let left = claim.field.subtract(claim.field.add(claim.field.innerProduct(u, v), 1), right)
        return claim.isAccepted(u: u, v: v, left: left, right: right, cheat: cheat, random: &random)
      }
      expect(passed, of: Self.trials, near: claim.passingProbability, "prime, \(cheat), seed \(seed)")
    }
  }

  /// The lifted proof in small (`sim/soundness_random_prime.py`): ring Z_2^8, ten claims, primes of ten bits. The
  /// best prover known claims sums that are off by 128 times a product of two of the primes, and hopes for one of them.
  @Test func claimsOffByAMultipleOfAPrime() {
    let primes = (512..<1024 as Range<UInt64>).filter { PrimeModulus.isPrime($0) }
    let (claims, count, seed) = (10, 8, 0x5eed_ec00 as UInt64)
    var random = InsecureRandom(seed: seed)
    let trials = 6000
    var passed = 0
    for _ in 0..<trials {
      func values() -> [Int] { random.words(count).map { Int($0 & 0xff) } }
      let (xi, yi, xj, yj) = (values(), values(), values(), values())
      let selectors = random.words(count)
      func isChosen(_ gate: Int, _ k: Int) -> Bool { selectors[gate] >> UInt64(k) & 1 == 1 }
      let products = (0..<count).map { xi[$0] * yj[$0] + yi[$0] * xj[$0] }
      // Gate 3 is off by 128 in the ring.
      let factors = (0..<2).map { _ in Int(primes[Int(random.next() % 40)]) }
      let offset = 128 * factors[0] * factors[1]
      let sums = (0..<claims).map { k in
        (0..<count).reduce(0) { $0 + (isChosen($1, k) ? products[$1] : 0) } - (isChosen(3, k) ? offset : 0)
      }
      let prime = primes[Int(random.next() % UInt64(primes.count))]
      let field = SmallPrimeField(prime)
      let merge = (0..<claims).map { _ in random.next() % prime }
      let weights = (0..<count).map { gate in
        (0..<claims).reduce(0) { isChosen(gate, $1) ? field.add($0, merge[$1]) : $0 }
      }
      func residue(_ number: Int) -> UInt64 { UInt64((number % Int(prime) + Int(prime)) % Int(prime)) }
      let target = (0..<claims).reduce(0) { field.add($0, field.multiply(merge[$1], residue(sums[$1]))) }
      let u = (0..<count).flatMap { g in
        [xi[g], yi[g]].map { field.multiply(weights[g], residue($0)) }
      }
      let v = (0..<count).flatMap { g in [yj[g], xj[g]].map(residue) }
      let right = random.next() % prime
      let claim = FoldedClaim(field, plan: FoldPlan(elements: 2 * count, first: [4, 4]))
      if claim.isAccepted(
        u: u, v: v, left: field.subtract(target, right), right: right, cheat: .truth, random: &random)
      {
        passed += 1
      }
    }
    // 2^-10 that no claim has the wrong gate, two primes of the set, one merge, and the levels over 2^9.
    let bound = 1 / 1024.0 + 2 / Double(primes.count) + (1 + 2) / 512.0
    let most = bound * Double(trials)
    #expect(Double(passed) <= most + 5 * most.squareRoot(), "seed \(seed)")
    #expect(
      Double(passed) >= 0.4 * most, "\(passed) of \(trials), at most \(most): the bound is not tight, seed \(seed)"
    )
  }
}
