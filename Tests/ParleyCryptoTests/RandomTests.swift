import ParleyBase
import ParleyCrypto
import Testing

@Suite struct RandomTests {
  static let session = [UInt8](repeating: 0x5a, count: 32)
  static let one = [UInt8](repeating: 1, count: 32)
  static let two = [UInt8](repeating: 2, count: 32)

  func schedule(
    me: Int = 0, peer: Int = 1, session: [UInt8] = session
  ) throws -> KeySchedule {
    let isFirst = me < peer
    return try KeySchedule(
      mine: Storage(copying: isFirst ? Self.one : Self.two),
      theirs: Storage(copying: isFirst ? Self.two : Self.one),
      pair: (PartyIndex(me), PartyIndex(peer)), sessionID: session)
  }

  let step = StepID(instruction: 12, iteration: 1, sub: 3, chunk: 0)

  @Test func bothPartiesDeriveTheSame() throws {
    for role in KeyRole.allCases {
      let a = try schedule().generator(role).stream(step).bytes(100)
      let b = try schedule(me: 1, peer: 0).generator(role).stream(step).bytes(100)
      #expect(a == b)
    }
  }

  /// Independent computation: HKDF-SHA256 (RFC 5869) and AES-128 by another implementation.
  @Test func knownAnswer() throws {
    let stream = try schedule().generator(.multiply).stream(step)
    #expect(hexadecimal(stream.bytes(32)) == "34e9e8975a3ae6a20cc2a19248a47e95adb5d42e4c4dd76f1647a4519e2d50d1")
    let proof = try schedule().generator(.challenge, prover: PartyIndex(2)).stream(step)
    #expect(
      hexadecimal(proof.bytes(32, firstBlock: 5))
        == "d48b4498d04892395e9696d9431a39c9f2948923d20dcc06078290bfd00556b9")
  }

  @Test func everyInputChangesTheStream() throws {
    var seen = Set<[UInt8]>()
    for role in KeyRole.allCases {
      for prover in [nil, PartyIndex(0), PartyIndex(1), PartyIndex(2)] {
        seen.insert(try schedule().generator(role, prover: prover).stream(step).bytes(16))
      }
    }
    #expect(seen.count == 4 * KeyRole.allCases.count)
    let base = try schedule().generator(.multiply).stream(step).bytes(16)
    var session = Self.session
    session[31] ^= 1
    #expect(try schedule(session: session).generator(.multiply).stream(step).bytes(16) != base)
    #expect(try schedule(me: 0, peer: 2).generator(.multiply).stream(step).bytes(16) != base)
    #expect(try schedule().generator(.multiply).stream(step.sub(4)).bytes(16) != base)
    let swapped = try KeySchedule(
      mine: Storage(copying: Self.two), theirs: Storage(copying: Self.one), pair: (PartyIndex(0), PartyIndex(1)),
      sessionID: Self.session)
    #expect(try swapped.generator(.multiply).stream(step).bytes(16) != base)
  }

  @Test func labelsAreDistinct() {
    #expect(Set(DomainLabel.allCases.map(\.rawValue)).count == DomainLabel.allCases.count)
    #expect(Set(KeyRole.allCases.map(\.label)).count == KeyRole.allCases.count)
  }

  /// Every byte of the target is drawn, and none beyond.
  @Test(arguments: [0, 1, 7, 8, 9, 32, 33]) func filling(count: Int) {
    var touched = [Bool](repeating: false, count: count)
    // A byte that is drawn stays zero once in 256 times.
    for _ in 0..<20 {
      let bytes = Storage<UInt8>(repeating: 0, count: count + 8)
      SecureRandom.fill(UnsafeMutableRawBufferPointer(rebasing: bytes.bytes[..<count]))
      for index in 0..<count where bytes[index] != 0 { touched[index] = true }
      for index in count..<count + 8 { #expect(bytes[index] == 0) }
    }
    #expect(touched.allSatisfy { $0 })
  }

  @Test func shortContributionIsRefused() {
    #expect(throws: ParleyError.self) {
      _ = try KeySchedule(
        mine: Storage(copying: Self.one), theirs: Storage(copying: [1]), pair: (PartyIndex(0), PartyIndex(1)),
        sessionID: Self.session)
    }
  }

  @Test func reuseThrows() throws {
    let schedule = try schedule()
    _ = try schedule.generator(.multiply).stream(step)
    // Another role, another prover, another step: all fine.
    _ = try schedule.generator(.open).stream(step)
    _ = try schedule.generator(.multiply, prover: PartyIndex(0)).stream(step)
    _ = try schedule.generator(.multiply).stream(step.sub(9))
    // The same again, also through a generator made anew or a chunk of the same stream.
    for again in [step, step.chunk(7)] {
      do {
        _ = try schedule.generator(.multiply).stream(again)
        Issue.record("reuse went unnoticed")
      } catch {
        #expect(error.code == .randomnessReuse)
        #expect(error.remedy != nil)
      }
    }
  }

  /// The zero sharings of three parties sum to zero.
  @Test func zeroSharingCancels() throws {
    // k_i belongs to parties i-1 and i.
    func key(_ i: Int) throws -> AddressedPRG {
      try schedule(me: (i + 2) % 3, peer: i).generator(.multiply)
    }
    var total = [UInt64](repeating: 0, count: 99)
    var parity = total
    for i in 0..<3 {
      let zero = try AddressedPRG.zeroSharing(mine: key(i), next: key((i + 1) % 3), step: step)
      let sum = Storage<UInt64>(count: 99), xor = Storage<UInt64>(count: 99)
      Kernels.rep3AddZero(zero, to: sum.pointer, count: 99)
      Kernels.rep3XorZero(zero, to: xor.pointer, count: 99)
      #expect(!sum.array.contains(0))
      for e in 0..<99 {
        total[e] &+= sum[e]
        parity[e] ^= xor[e]
      }
    }
    #expect(total.allSatisfy { $0 == 0 } && parity.allSatisfy { $0 == 0 })
  }

  /// Monobit and byte frequencies over 1 MiB (NIST SP 800-22, 2.1; Pearson). The streams are fixed, the system's
  /// bytes are not: bounds of 6 standard deviations fail once in 10^8 runs.
  @Test func bitsAndBytesAreBalanced() throws {
    let stream = try schedule().generator(.open).stream(step)
    let words = stream.words(1 << 16)
    for bytes in [Array(words.bytes), stream.bytes(1 << 19), SecureRandom.bytes(1 << 19)] {
      let bits = Double(bytes.count * 8)
      let ones = Double(bytes.reduce(0) { $0 + $1.nonzeroBitCount })
      #expect(abs(2 * ones - bits) < 6 * bits.squareRoot())
      var counts = [Double](repeating: 0, count: 256)
      for byte in bytes { counts[Int(byte)] += 1 }
      let mean = Double(bytes.count) / 256
      let chiSquare = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / mean }
      #expect(abs(chiSquare - 255) < 6 * (2.0 * 255).squareRoot(), "\(chiSquare)")
    }
  }

  /// The same test refuses a generator with one random bit in each byte.
  @Test func chiSquareFires() {
    let bytes = SecureRandom.bytes(1 << 16).map { $0 & 1 }
    let ones = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
    #expect(abs(2 * ones - bytes.count * 8) > 6 * 724)
  }

  @Test func systemBytes() {
    for count in [0, 1, 7, 8, 9, 32, 1000] { #expect(SecureRandom.bytes(count).count == count) }
    #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
  }
}
