package import Crypto
internal import ParleyBase
package import ParleyCrypto

/// Random oracles of base transfers, SHA-512 and SHA-256 over canonical encodings. Known answers made by an independent program are in the
/// tests; they pin the encoding.
package struct TransferHash: Sendable {
  /// What every hash is bound to.
  package let context: TransferContext
  /// Hashes of one set of transfers.
  package init(context: TransferContext) { self.context = context }

  /// HG(index, branch, input): s = SHA-512(label ‖ session ‖ sender ‖ receiver ‖ set ‖ index ‖ branch ‖ input), and the element
  /// of G that is sampled from SHA-512(label ‖ s ‖ 0) ‖ SHA-512(label ‖ s ‖ 1) ‖ … . The stream has one length: how long the hash takes
  /// must not tell which of two inputs was hashed. A hash in counter mode can be programmed as a random oracle, which
  /// AES under a short seed cannot.
  package func group(_ label: DomainLabel, index: Int, branch: UInt8, _ input: [UInt8]) -> MaskedKey {
    var head = context.writer(label)
    head.write(UInt32(index))
    head.write(branch)
    head.write(input)
    var writer = CanonicalWriter()
    writer.write(DomainLabel.transferGroupStream.rawValue)
    writer.write(Array(SHA512.hash(data: head.bytes)))
    var prefix = SHA512()
    prefix.update(data: writer.bytes)
    func stream(blocks: Range<UInt32>) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: 64 * blocks.count) { bytes, count in
        for (place, block) in blocks.enumerated() {
          var hash = prefix
          withUnsafeBytes(of: block.littleEndian) { hash.update(bufferPointer: $0) }
          hash.finalize().withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[(64 * place)...])
              .copyMemory(from: $0)
          }
        }
        count = 64 * blocks.count
      }
    }
    // 2080 bytes are 32 blocks and a half; further parts begin with block 33.
    return MaskedKey { part in
      part == 0
        ? Array(stream(blocks: 0..<33)[..<MaskedKey.sampleBytes])
        : stream(blocks: UInt32(33 + 32 * (part - 1))..<UInt32(33 + 32 * part))
    }
  }

  /// H(index, branch, key, string), 32 bytes.
  package func string(index: Int, branch: UInt8, _ key: [UInt8], _ string: [UInt8]) -> [UInt8] {
    var head = context.writer(.shortTransferString)
    head.write(UInt32(index))
    head.write(branch)
    head.write(key)
    head.write(string)
    return Array(SHA256.hash(data: head.bytes))
  }

  /// The key that comes out: SHA-256(label ‖ … ‖ index ‖ branch ‖ SHA-256(first message) ‖ ciphertext ‖ K).
  package func key(index: Int, branch: UInt8, offerHash: [UInt8], ciphertext: [UInt8], secret: SymmetricKey)
    -> [UInt8]
  {
    var head = context.writer(.transferKey)
    head.write(UInt32(index))
    head.write(branch)
    head.write(offerHash)
    head.write(ciphertext)
    var hash = SHA256()
    hash.update(data: head.bytes)
    secret.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return Array(hash.finalize())
  }
}
