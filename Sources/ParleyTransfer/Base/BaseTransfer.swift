import Crypto
package import ParleyBase
internal import ParleyCrypto

/// Which base transfer. Both come from a key encapsulation with pseudorandom public keys, need nothing of it but its public interface, and take one
/// message each way.
package enum BaseTransferKind: Sendable, CaseIterable {
  /// Masny and Rindal, *Endemic Oblivious Transfer*, CCS 2019 (eprint 2019/706), over ML-KEM-768 with both parts of the key masked
  /// [own]: 2368 bytes each, and 2176 back.
  case endemic
  /// Badrinarayanan, Masny and Mukherjee (eprint 2022/415), likewise: 1248 bytes each, and 2176 back.
  case short

  /// Bytes of the receiver's message for each transfer.
  package var offerBytes: Int { self == .endemic ? 2 * MaskedKey.byteCount : MaskedKey.byteCount + 64 }
  /// Bytes of the sender's message for each transfer.
  package static let replyBytes = 2 * ciphertextBytes
  /// Bytes of each key that comes out.
  package static let keyBytes = 32
  static let ciphertextBytes = 1088
}

/// The receiver's side of `count` base transfers, between its message and the sender's.
///
/// Security: a corrupt party can choose what comes out for itself ("endemic"), which the extension allows for. The choice is hidden as long as public
/// keys of ML-KEM-768 are pseudorandom (MLWE); a bad ciphertext gives another key and no error, so that no error depends on the choice.
package struct BaseTransferReceiver: ~Copyable {
  /// What is sent to the sender, ``BaseTransferKind/offerBytes`` for each transfer.
  package let offer: [UInt8]
  private let hash: TransferHash
  private let choices: Storage<UInt8>
  private let keys: [MLKEM768.PrivateKey]
  private let kind: BaseTransferKind

  /// Draws a fresh key pair for every transfer. Time and memory do not depend on the choices.
  ///
  /// - Parameters:
  ///   - choices: 0 or 1 each.
  ///   - random: fills with uniform bytes; other than the operating system's, and a stream under a key that it gave where many are needed, for
  ///     tests only.
  package init(
    choices: Storage<UInt8>, kind: BaseTransferKind = .endemic, context: TransferContext,
    random: (UnsafeMutableRawBufferPointer) -> Void = BaseTransferRandom().fill
  ) throws(ParleyError) {
    let hash = TransferHash(context: context)
    func bytes(_ count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      bytes.withUnsafeMutableBytes { random($0) }
      return bytes
    }
    var offer: [UInt8] = []
    offer.reserveCapacity(choices.count * kind.offerBytes)
    var keys: [MLKEM768.PrivateKey] = []
    for index in 0..<choices.count {
      let choice = choices[index] & 1
      var seed = bytes(64)
      guard let key = try? MLKEM768.PrivateKey(seedRepresentation: seed, publicKey: nil),
        let masked = MaskedKey(encoding: key.publicKey.rawRepresentation)
      else { throw ParleyError(.invariant, "a fresh key of ML-KEM-768 is none") }
      SecureMemory.zeroize(&seed)
      keys.append(key)
      switch kind {
      case .endemic: offer += Self.endemic(masked, choice, index, hash, bytes)
      case .short: offer += Self.short(masked, choice, index, hash, bytes)
      }
    }
    (self.offer, self.hash, self.choices, self.keys, self.kind) = (offer, hash, choices, keys, kind)
  }

  /// r_{1−b} uniform, r_b = pk − HG(i, b, r_{1−b}) (2019/706, figure 2).
  private static func endemic(
    _ key: MaskedKey, _ choice: UInt8, _ index: Int, _ hash: TransferHash, _ random: (Int) -> [UInt8]
  ) -> [UInt8] {
    let other = MaskedKey { random($0 == 0 ? MaskedKey.sampleBytes : 2048) }
    let chosen = key - hash.group(.transferGroup, index: index, branch: choice, other.encoding)
    // For nothing but its time: the sender hashes both, and so does whoever waits for this message.
    _ = hash.group(.transferGroup, index: index, branch: 1 ^ choice, chosen.encoding)
    return MaskedKey.select(choice, chosen, other).encoding + MaskedKey.select(choice, other, chosen).encoding
  }

  /// ĉ, c_b uniform, r = pk − HG(i, b, ĉ), c_{1−b} = ĉ ⊕ H(i, b, r, c_b) (2022/415, section 4).
  private static func short(
    _ key: MaskedKey, _ choice: UInt8, _ index: Int, _ hash: TransferHash, _ random: (Int) -> [UInt8]
  ) -> [UInt8] {
    let hidden = random(32), own = random(32)
    let masked = (key - hash.group(.shortTransferGroup, index: index, branch: choice, hidden)).encoding
    let other = zip(hidden, hash.string(index: index, branch: choice, masked, own)).map { $0 ^ $1 }
    let mask = 0 &- choice
    return masked + zip(own, other).map { $0 ^ (($0 ^ $1) & mask) }
      + zip(own, other).map { $1 ^ (($0 ^ $1) & mask) }
  }

  /// The chosen key of every transfer, 32 bytes each.
  ///
  /// - Throws: `aborted/protocol-violation` for another length, of whichever ciphertext; nothing else is noticed here.
  package consuming func finish(_ reply: [UInt8]) throws(ParleyError) -> Storage<UInt8> {
    let size = BaseTransferKind.ciphertextBytes
    guard reply.count == choices.count * BaseTransferKind.replyBytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: ciphertexts of base transfers of a wrong length",
        origin: .init(hash.context.sender))
    }
    let output = Storage<UInt8>(uninitialized: choices.count * BaseTransferKind.keyBytes)
    for index in 0..<choices.count {
      let choice = choices[index] & 1, mask = 0 &- choice, start = index * BaseTransferKind.replyBytes
      var ciphertext = [UInt8](repeating: 0, count: size)
      for byte in 0..<size {
        let (a, b) = (reply[start + byte], reply[start + size + byte])
        ciphertext[byte] = a ^ ((a ^ b) & mask)
      }
      // Implicit rejection (FIPS 203, section 6.3): never an error for a ciphertext of this length.
      guard let secret = try? keys[index].decapsulate(ciphertext) else {
        throw ParleyError(.invariant, "a ciphertext of ML-KEM-768 of the right length was refused")
      }
      let offerHash = Array(SHA256.hash(data: offer[index * kind.offerBytes..<(index + 1) * kind.offerBytes]))
      var key = hash.key(
        index: index, branch: choice, offerHash: offerHash, ciphertext: ciphertext, secret: secret)
      for byte in key.indices { output[index * BaseTransferKind.keyBytes + byte] = key[byte] }
      SecureMemory.zeroize(&key)
    }
    return output
  }
}

/// Random bytes of the receiver: the operating system's, but for elements of the group, which take 2080 bytes each and come from a stream under a
/// key of the operating system's.
package final class BaseTransferRandom {
  private let key = AESKey(SecureRandom.bytes(16))
  private var streams: UInt64 = 0
  /// A key of its own.
  package init() {}

  /// Overwrites all of `target`.
  package func fill(_ target: UnsafeMutableRawBufferPointer) {
    guard target.count > 64 else { return SecureRandom.fill(target) }
    key.keystream(stream: streams, into: target)
    streams += 1
  }
}

/// The sender's side: both keys of every transfer, and what the receiver needs to know one of each.
package struct BaseTransferSender: ~Copyable {
  /// What is sent to the receiver, ``BaseTransferKind/replyBytes`` for each transfer.
  package let reply: [UInt8]
  /// The two keys of every transfer, branch 0 first, 32 bytes each.
  package let keys: Storage<UInt8>

  /// Answers a receiver.
  ///
  /// - Throws: `aborted/protocol-violation` for another length, and for a number that is not below q, of whichever branch.
  package init(
    offer: [UInt8], count: Int, kind: BaseTransferKind = .endemic, context: TransferContext
  ) throws(ParleyError) {
    let hash = TransferHash(context: context), size = kind.offerBytes
    func malformed(_ what: String) -> ParleyError {
      ParleyError(.protocolViolation, "malformed message: \(what)", origin: .init(context.receiver))
    }
    guard offer.count == count * size else { throw malformed("keys of base transfers of a wrong length") }
    let keys = Storage<UInt8>(uninitialized: 2 * count * BaseTransferKind.keyBytes)
    var reply: [UInt8] = []
    reply.reserveCapacity(count * BaseTransferKind.replyBytes)
    for index in 0..<count {
      let message = Array(offer[index * size..<(index + 1) * size])
      let offerHash = Array(SHA256.hash(data: message))
      guard let pair = Self.publicKeys(message, index, kind, hash) else {
        throw malformed("a key of a base transfer with a number that is not below 3329")
      }
      for (branch, masked) in [pair.0, pair.1].enumerated() {
        guard let key = try? MLKEM768.PublicKey(rawRepresentation: masked.encoding),
          let sent = try? key.encapsulate()
        else { throw ParleyError(.invariant, "an element of the group of keys was refused as a key") }
        let ciphertext = Array(sent.encapsulated)
        reply += ciphertext
        var out = hash.key(
          index: index, branch: UInt8(branch), offerHash: offerHash, ciphertext: ciphertext,
          secret: sent.sharedSecret)
        for byte in out.indices { keys[(2 * index + branch) * BaseTransferKind.keyBytes + byte] = out[byte] }
        SecureMemory.zeroize(&out)
      }
    }
    (self.reply, self.keys) = (reply, keys)
  }

  /// pk_β = r_β + HG(i, β, r_{1−β}); or pk_β = r + HG(i, β, c_{1−β} ⊕ H(i, β, r, c_β)). Nil where an element is none.
  private static func publicKeys(
    _ message: [UInt8], _ index: Int, _ kind: BaseTransferKind, _ hash: TransferHash
  ) -> (MaskedKey, MaskedKey)? {
    let size = MaskedKey.byteCount
    switch kind {
    case .endemic:
      let (first, second) = (Array(message[..<size]), Array(message[size...]))
      guard let r0 = MaskedKey(encoding: first), let r1 = MaskedKey(encoding: second) else { return nil }
      return (
        r0 + hash.group(.transferGroup, index: index, branch: 0, second),
        r1 + hash.group(.transferGroup, index: index, branch: 1, first)
      )
    case .short:
      let masked = Array(message[..<size])
      let strings = [Array(message[size..<size + 32]), Array(message[(size + 32)...])]
      guard let r = MaskedKey(encoding: masked) else { return nil }
      func key(_ branch: Int) -> MaskedKey {
        let mask = hash.string(index: index, branch: UInt8(branch), masked, strings[branch])
        let hidden = zip(strings[1 - branch], mask).map { $0 ^ $1 }
        return r + hash.group(.shortTransferGroup, index: index, branch: UInt8(branch), hidden)
      }
      return (key(0), key(1))
    }
  }
}
