import CParleyKernels

/// An expanded AES-128 key (FIPS 197), zeroised when the last copy goes.
package struct AESKey: Sendable {
  private let schedule: Storage<UInt64>

  /// Expands 16 bytes.
  package init(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == 16, "an AES-128 key has 16 bytes")
    schedule = Storage(uninitialized: Int(C_PARLEY_AES128_SCHEDULE_BYTES) / 8)
    c_parley_aes128_expand(bytes.baseAddress, schedule.pointer)
  }

  /// Expands a key of 16 bytes.
  package init(_ bytes: [UInt8]) { self = bytes.withUnsafeBytes { AESKey($0) } }

  /// Overwrites the key in all copies of this value. What is encrypted with it afterwards is worthless, so that only
  /// owners that use it no more may call this.
  package func destroy() { c_parley_zeroize(schedule.pointer, schedule.count * 8) }

  var pointer: UnsafePointer<UInt64> { UnsafePointer(schedule.pointer) }

  /// Encrypts `count` blocks of 16 bytes; `output` may be `input`.
  package func encrypt(
    blocks count: Int, from input: UnsafeRawPointer, to output: UnsafeMutableRawPointer
  ) {
    c_parley_aes128_encrypt(pointer, input, output, Kernels.size(count))
  }

  /// The keystream of one stream: block b is AES(LE64(stream) ‖ LE64(b)), so that every place in every stream
  /// is reached directly. The last block is cut to the size of the buffer.
  package func keystream(stream: UInt64, firstBlock: UInt64 = 0, into buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    c_parley_aes128_keystream(pointer, stream, firstBlock, base, buffer.count)
  }

  /// What becomes of words and a keystream.
  package enum Combination: Int32, Sendable {
    /// Sum mod 2^64.
    case add = 0
    /// Difference mod 2^64.
    case subtract = 1
    /// Bitwise sum.
    case xor = 2
  }

  /// words[e] ⟵ words[e] (combination) w(firstWord + e), where w(n) is the n-th little-endian 64-bit word of
  /// the keystream: word n is half n mod 2 of block n / 2.
  package func apply(
    _ combination: Combination, stream: UInt64, firstWord: UInt64 = 0,
    to words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    c_parley_keystream_apply(
      combination.rawValue, pointer, stream, firstWord, words, Kernels.size(count))
  }
}
