internal import ParleyBase
internal import ParleyTransfer

/// Products of words modulo 2^w by correlated transfers (Gilboa, *Two party RSA key generation*, CRYPTO 1999, section 4.1, modulo 2^w): one party has a,
/// the other the bits u_t of b, one row for each. With hashes h_0, h_1 of row t, of which the other has h_{u_t}, the first sends
///
///     τ_t = h_0 − h_1 + a   modulo 2^{w−t}
///
/// and takes −h_0; the other takes h_{u_t} + u_t τ_t = h_0 + u_t a. Shifted by t and added up these are shares of a·b. Of row t only w − t bits count,
/// so row t and row w − t share a word: w/2 words and half a word for each product.
struct GilboaProducts<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// Words of one product's message that are whole.
  static var wholeWords: Int { Word.bitWidth / 2 }
  /// Bytes of the half word.
  static var halfBytes: Int { max(Word.bitWidth / 16, 1) }
  /// Bytes of one product's message.
  static var messageBytes: Int { wholeWords * MemoryLayout<Word>.size + halfBytes }

  /// The party that has a.
  ///
  /// - Parameters:
  ///   - a: `lanes` factors of one b.
  ///   - zero: and `one`: hashes by row, each `stride` words of this ring wide, lane l in word l.
  ///   - message: ``messageBytes`` for each lane.
  ///   - share: `lanes` results, which are added to.
  static func send(
    _ a: UnsafePointer<Word>, lanes: Int, zero: UnsafePointer<Word>, one: UnsafePointer<Word>, stride: Int,
    message: UnsafeMutableRawPointer, share: UnsafeMutablePointer<Word>, shareStep: Int = 1, step: Int = 1
  ) {
    let bits = Word.bitWidth
    for lane in 0..<lanes {
      let factor = a[lane * step]
      let out = message + lane * messageBytes
      func correction(_ row: Int) -> Word { zero[row * stride + lane] &- one[row * stride + lane] &+ factor }
      var sum: Word = 0
      for row in 0..<bits { sum &+= zero[row * stride + lane] &<< Word(truncatingIfNeeded: row) }
      share[lane * shareStep] &-= sum
      out.storeBytes(of: correction(0), as: Word.self)
      for row in 1..<bits / 2 {
        // The low bits of row t, and those of row w − t above them.
        let low = correction(row) & (Word.max &>> Word(truncatingIfNeeded: row))
        let word = low | correction(bits - row) &<< Word(truncatingIfNeeded: bits - row)
        out.storeBytes(of: word, toByteOffset: row * MemoryLayout<Word>.size, as: Word.self)
      }
      let half = correction(bits / 2) & (Word.max &>> Word(truncatingIfNeeded: bits / 2))
      for byte in 0..<halfBytes {
        out.storeBytes(
          of: UInt8(truncatingIfNeeded: half &>> Word(truncatingIfNeeded: 8 * byte)),
          toByteOffset: wholeWords * MemoryLayout<Word>.size + byte, as: UInt8.self)
      }
    }
  }

  /// The party that has b.
  ///
  /// - Parameters:
  ///   - hashes: of the rows that its bits choose.
  ///   - bits: of b.
  static func receive(
    bits b: Word, lanes: Int, hashes: UnsafePointer<Word>, stride: Int, message: UnsafeRawPointer,
    share: UnsafeMutablePointer<Word>, shareStep: Int = 1
  ) {
    let bits = Word.bitWidth
    for lane in 0..<lanes {
      let from = message + lane * messageBytes
      var sum: Word = 0
      func add(_ row: Int, _ correction: Word) {
        let mask: Word = 0 &- (b &>> Word(truncatingIfNeeded: row) & 1)
        sum &+= (hashes[row * stride + lane] &+ correction & mask) &<< Word(truncatingIfNeeded: row)
      }
      add(0, from.loadUnaligned(as: Word.self))
      for row in 1..<bits / 2 {
        let word = from.loadUnaligned(fromByteOffset: row * MemoryLayout<Word>.size, as: Word.self)
        // What is above the bits that count is shifted out.
        add(row, word)
        add(bits - row, word &>> Word(truncatingIfNeeded: bits - row))
      }
      var half: Word = 0
      for byte in 0..<halfBytes {
        let value = from.load(fromByteOffset: wholeWords * MemoryLayout<Word>.size + byte, as: UInt8.self)
        half |= Word(truncatingIfNeeded: value) &<< Word(truncatingIfNeeded: 8 * byte)
      }
      add(bits / 2, half)
      share[lane * shareStep] &+= sum
    }
  }
}

/// ``GilboaProducts`` in one ring, for callers that are compiled without knowing it: a method of a generic class is, and its loops would then go through
/// tables of functions for every addition. Here the ring is named, so that they are compiled for it.
struct GilboaKernel: Sendable {
  /// As ``GilboaProducts/send(_:lanes:zero:one:stride:message:share:shareStep:step:)``.
  let send:
    @Sendable (
      _ a: UnsafeRawPointer, _ lanes: Int, _ zero: UnsafeRawPointer, _ one: UnsafeRawPointer, _ stride: Int,
      _ message: UnsafeMutableRawPointer, _ share: UnsafeMutableRawPointer, _ shareStep: Int, _ step: Int
    ) -> Void
  /// As ``GilboaProducts/receive(bits:lanes:hashes:stride:message:share:shareStep:)``; `bits` points to b.
  let receive:
    @Sendable (
      _ bits: UnsafeRawPointer, _ lanes: Int, _ hashes: UnsafeRawPointer, _ stride: Int,
      _ message: UnsafeRawPointer,
      _ share: UnsafeMutableRawPointer, _ shareStep: Int
    ) -> Void

  @inline(__always)
  private init<Word: FixedWidthInteger & UnsignedInteger & Sendable>(of word: Word.Type) {
    send = { a, lanes, zero, one, stride, message, share, shareStep, step in
      GilboaProducts<Word>.send(
        a.assumingMemoryBound(to: Word.self), lanes: lanes, zero: zero.assumingMemoryBound(to: Word.self),
        one: one.assumingMemoryBound(to: Word.self), stride: stride, message: message,
        share: share.assumingMemoryBound(to: Word.self), shareStep: shareStep, step: step)
    }
    receive = { bits, lanes, hashes, stride, message, share, shareStep in
      GilboaProducts<Word>.receive(
        bits: bits.assumingMemoryBound(to: Word.self).pointee, lanes: lanes,
        hashes: hashes.assumingMemoryBound(to: Word.self), stride: stride, message: message,
        share: share.assumingMemoryBound(to: Word.self), shareStep: shareStep)
    }
  }
  static let words64 = GilboaKernel(of: UInt64.self)
  static let words32 = GilboaKernel(of: UInt32.self)
  static let words16 = GilboaKernel(of: UInt16.self)
  static let words8 = GilboaKernel(of: UInt8.self)
}
