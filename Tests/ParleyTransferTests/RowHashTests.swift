import ParleyBase
import Testing

/// Hashes of rows: known answers of an independent program, in every backend, and that all backends agree on long vectors.
@Suite(.serialized) struct RowHashTests {
  private let numbers: [UInt64] = [0, 1, 77, 1 << 32, .max]
  private func words(_ bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count, by: 8).map { at in
      (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }
  }
  private func withEachBackend(_ body: (String) throws -> Void) rethrows {
    let before = Kernels.Backend.active
    defer { _ = before.force() }
    for backend in Kernels.Backend.allCases {
      for narrow in [false, true] where backend.force(narrow: narrow) { try body("\(backend), narrow: \(narrow)") }
    }
  }

  @Test func knownAnswers() {
    let salt = words(pattern(16, 8)), row = words(pattern(16, 9))
    withEachBackend { backend in
      for (index, number) in numbers.enumerated() {
        var out: [UInt64] = [0, 0], other: [UInt64] = [0, 0]
        let zero: [UInt64] = [0, 0]
        Kernels.mitccrh(salt: salt, first: number, row, into: &out, count: 1)
        #expect(out == words(bytes(TransferVectors.mitccrh[index])), "\(backend), \(number)")
        Kernels.mitccrh(salt: salt, first: number, row, delta: zero, into: &out, &other, count: 1)
        #expect(out == other && out == words(bytes(TransferVectors.mitccrh[index])), "\(backend), \(number)")
        AESKey(pattern(16, 8)).tmmo(first: number, row, into: &out, count: 1)
        #expect(out == words(bytes(TransferVectors.tmmo[index])), "\(backend), \(number)")
      }
    }
  }
  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
  }

  /// Long vectors, one by one and together, and small linear evaluations at lengths around their tiles.
  @Test func backendsAgree() {
    var random = InsecureSplitMix(seed: 0x5eed_0100)
    func fresh(_ count: Int) -> [UInt64] { (0..<count).map { _ in random.next() } }
    let salt = fresh(2), delta = fresh(2), rows = fresh(2 * 77), keys = fresh(2 * 256)
    let schedules = Storage<UInt64>(uninitialized: 256 * Kernels.scheduleWords)
    for key in 0..<256 {
      keys.withUnsafeBufferPointer { words in
        guard let base = words.baseAddress else { return }
        Kernels.expandKey(base + 2 * key, into: schedules.pointer + key * Kernels.scheduleWords)
      }
    }
    var answers: [[UInt64]] = []
    withEachBackend { _ in
      var all: [UInt64] = []
      for count in [1, 3, 4, 8, 15, 16, 17, 77] {
        var out = [UInt64](repeating: 0, count: 2 * count), other = out
        Kernels.mitccrh(salt: salt, first: .max - 5, rows, delta: delta, into: &out, &other, count: count)
        all += out + other
        Kernels.mitccrh(salt: salt, first: .max - 5, rows, into: &other, count: count)
        #expect(out == other)
      }
      for depth in [1, 2, 4, 8] {
        for words in [1, 15, 16, 64, 129, 256] {
          for isPunctured in [false, true] {
            let planes = Storage<UInt64>(repeating: 0, count: (depth + 1) * words)
            Kernels.smallVOLE(
              schedules: schedules.pointer, depth: depth, isPunctured: isPunctured, stream: 9, firstBlock: 100,
              sum: planes.pointer, planes: (0..<depth).map { planes.pointer + ($0 + 1) * words }, words: words)
            all += planes.array
            guard depth <= 2, words == 15 else { continue }
            // By the definition.
            var expected = [UInt64](repeating: 0, count: (depth + 1) * words)
            for key in (isPunctured ? 1 : 0)..<(1 << depth) {
              var stream = [UInt64](repeating: 0, count: words)
              let bytes = keys[2 * key..<2 * key + 2].withUnsafeBytes { Array($0) }
              stream.withUnsafeMutableBytes { AESKey(bytes).keystream(stream: 9, firstBlock: 100, into: $0) }
              for word in 0..<words {
                if !isPunctured { expected[word] ^= stream[word] }
                for bit in 0..<depth where key >> bit & 1 == 1 {
                  expected[(bit + 1) * words + word] ^= stream[word]
                }
              }
            }
            #expect(planes.array == expected)
          }
        }
      }
      let planes = (0..<128).map { plane in fixed(16, plane) }
      let storages = planes.map { Storage<UInt64>(copying: $0) }
      let out = Storage<UInt64>(uninitialized: 2048)
      withExtendedLifetime(storages) {
        Kernels.blocks(of: storages.map { UnsafePointer($0.pointer) }, firstWord: 0, groups: 2, into: out.pointer)
      }
      for row in [0, 1, 63, 64, 511, 512, 1023] {
        for plane in 0..<128 {
          #expect(
            out[2 * row + plane / 64] >> UInt64(plane % 64) & 1 == planes[plane][row / 64] >> UInt64(row % 64) & 1)
        }
      }
      answers.append(all + out.array)
    }
    #expect(answers.count >= 2 && answers.allSatisfy { $0 == answers[0] })
  }
  private func fixed(_ count: Int, _ seed: Int) -> [UInt64] {
    var random = InsecureSplitMix(seed: UInt64(seed))
    return (0..<count).map { _ in random.next() }
  }
}
