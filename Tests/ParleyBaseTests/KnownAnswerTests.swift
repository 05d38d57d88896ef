import ParleyBase
import Testing

func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Runs the body once under each backend of this processor. Only suites below ``BackendTests``, which is
/// serialised, may switch backends.
func withEachBackend(_ body: (Kernels.Backend) throws -> Void) rethrows {
  let before = Kernels.Backend.active
  defer { _ = before.force() }
  for backend in Kernels.Backend.allCases where backend.force() { try body(backend) }
}

/// Tests that switch backends; one at a time because the choice belongs to the process.
@Suite(.serialized) enum BackendTests {}

extension BackendTests {
  @Suite struct KnownAnswers {
    /// The loops below really run once for each backend, from generic to the best, and leave the best.
    @Test func everyBackendRuns() {
      var seen: [Kernels.Backend] = []
      withEachBackend { backend in
        #expect(Kernels.Backend.active == backend)
        seen.append(backend)
      }
      #expect(seen == Kernels.Backend.allCases.filter { $0.rawValue <= Kernels.Backend.best.rawValue })
      #expect(Kernels.Backend.active == .best)
    }

    struct Vector: Sendable {
      var key, plain, cipher: String
    }

    /// FIPS 197, appendices B and C.1; NIST SP 800-38A, F.1.1 (ECB-AES128.Encrypt); CAVS 11.1 ECBGFSbox128 and
    /// ECBMMT128, counts 0 to 2.
    static let blocks: [Vector] = [
      Vector(
        key: "2b7e151628aed2a6abf7158809cf4f3c", plain: "3243f6a8885a308d313198a2e0370734",
        cipher: "3925841d02dc09fbdc118597196a0b32"),
      Vector(
        key: "000102030405060708090a0b0c0d0e0f", plain: "00112233445566778899aabbccddeeff",
        cipher: "69c4e0d86a7b0430d8cdb78070b4c55a"),
      Vector(
        key: "2b7e151628aed2a6abf7158809cf4f3c",
        plain: "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        cipher: "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
          + "43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4"),
      Vector(
        key: "00000000000000000000000000000000", plain: "f34481ec3cc627bacd5dc3fb08f273e6",
        cipher: "0336763e966d92595a567cc9ce537f5e"),
      Vector(
        key: "edfdb257cb37cdf182c5455b0c0efebb", plain: "1695fe475421cace3557daca01f445ff",
        cipher: "7888beae6e7a426332a7eaa2f808e637"),
      Vector(
        key: "7723d87d773a8bbfe1ae5b081235b566",
        plain: "1b0a69b7bc534c16cecffae02cc5323190ceb413f1db3e9f0f79ba654c54b60e",
        cipher: "ad5b089515e7821087c61652dc477ab1f2cc6331a70dfc59c9ffb0c723c682f6"),
      Vector(
        key: "280afe063216a10b9cad9b2095552b16",
        plain: "6f172bb6ec364833411841a8f9ea2051735d600538a9ea5e8cd2431a432903c1d6178988b616ed76e00036c5b28ccd8b",
        cipher: "4cc2a8f13c8c7c36ed6a814db7f26900c7e04df49cbad916ce6a44d0ae4fe7edc0b402794675b3694933ebbc356525d8"),
    ]

    @Test func blockFunction() {
      withEachBackend { backend in
        for vector in Self.blocks {
          var text = bytes(vector.plain)
          let key = AESKey(bytes(vector.key))
          text.withUnsafeMutableBytes {
            guard let base = $0.baseAddress else { return }
            key.encrypt(blocks: $0.count / 16, from: base, to: base)
          }
          #expect(hexadecimal(text) == vector.cipher, "\(backend)")
        }
      }
    }

    /// Counter mode with big-endian counters as the standards have it, through the block function.
    func counterMode(key: AESKey, counter: [UInt8], text: [UInt8]) -> [UInt8] {
      var counter = counter
      var blocks: [UInt8] = []
      while blocks.count < text.count {
        blocks += counter
        for i in stride(from: 15, through: 0, by: -1) {
          counter[i] &+= 1
          if counter[i] != 0 { break }
        }
      }
      blocks.withUnsafeMutableBytes {
        guard let base = $0.baseAddress else { return }
        key.encrypt(blocks: $0.count / 16, from: base, to: base)
      }
      return zip(text, blocks).map { $0 ^ $1 }
    }

    @Test func counterModeVectors() {
      withEachBackend { backend in
        // NIST SP 800-38A, F.5.1 (CTR-AES128.Encrypt).
        let nist = counterMode(
          key: AESKey(bytes("2b7e151628aed2a6abf7158809cf4f3c")),
          counter: bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), text: bytes(Self.blocks[2].plain))
        #expect(
          hexadecimal(nist) == "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
            + "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee", "\(backend)")
        // RFC 3686, section 6, test vector 3.
        let rfc = counterMode(
          key: AESKey(bytes("7691be035e5020a8ac6e618529f9a0dc")),
          counter: bytes("00e0017b27777f3f4a1786f000000001"), text: (0..<36).map { UInt8($0) })
        #expect(
          hexadecimal(rfc) == "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f",
          "\(backend)")
      }
    }

    /// The documented layout: block b is AES(LE64(stream) ‖ LE64(b)).
    @Test func streamsAreAddressed() {
      let key = AESKey(bytes("2b7e151628aed2a6abf7158809cf4f3c"))
      let stream: UInt64 = 0x0123_4567_89ab_cdef
      withEachBackend { backend in
        for (first, count) in [(0, 16), (5, 1), (5, 0), (1 << 40, 1000), (7, 513), (3, 15)] {
          var expected: [UInt8] = []
          for b in 0..<UInt64((count + 15) / 16) {
            withUnsafeBytes(of: stream.littleEndian) { expected += $0 }
            withUnsafeBytes(of: (UInt64(first) + b).littleEndian) { expected += $0 }
          }
          expected.withUnsafeMutableBytes {
            guard let base = $0.baseAddress else { return }
            key.encrypt(blocks: $0.count / 16, from: base, to: base)
          }
          var actual = [UInt8](repeating: 0, count: count)
          actual.withUnsafeMutableBytes { key.keystream(stream: stream, firstBlock: UInt64(first), into: $0) }
          #expect(actual == Array(expected.prefix(count)), "\(backend), block \(first), \(count) bytes")
        }
      }
    }
  }
}
