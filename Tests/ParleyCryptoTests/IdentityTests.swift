import Foundation
import ParleyBase
import ParleyCrypto
import Testing

@Suite struct IdentityTests {
  static let identity = Result { try Identity.create(name: "alice") }
  static let other = Result { try Identity.create(name: "bob") }
  private func alice() throws -> Identity { try Self.identity.get() }
  private func bob() throws -> Identity { try Self.other.get() }

  @Test func publicKeyHasOneTextForm() throws {
    let key = try alice().publicIdentity
    let text = key.text
    #expect(text.hasPrefix("parley1"))
    #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    let read = try PublicIdentity(text: text)
    #expect(read == key)
    #expect(read.text == text)
    #expect(read.signingKey.count == 65 && read.signingKey[0] == 4)
    #expect(read.postQuantumKey.count == 1952)
  }

  @Test func textFormMayBeFolded() throws {
    let key = try alice().publicIdentity
    let folded = stride(from: 0, to: key.text.count, by: 76).map { start in
      String(key.text.dropFirst(start).prefix(76))
    }.joined(separator: "\n      ")
    #expect(try PublicIdentity(text: folded) == key)
  }

  @Test func damagedTextIsRefused() throws {
    let text = try Array(alice().publicIdentity.text)
    // One character in the prefix, the first key, the second key, the check bytes.
    for position in [0, 6, 8, 30, 60, 1000, text.count - 6, text.count - 2] {
      var damaged = text
      damaged[position] = damaged[position] == "A" ? "B" : "A"
      #expect(throws: ParleyError.self, "position \(position)") { try PublicIdentity(text: String(damaged)) }
    }
    for wrong in [
      "", "parley1", "parley2" + String(text.dropFirst(7)), String(text) + "A", String(text.dropLast()),
    ] {
      let error = #expect(throws: ParleyError.self) { try PublicIdentity(text: wrong) }
      #expect(error?.code == .identityMalformed)
      #expect(error?.remedy != nil)
    }
    let notBase64 = String(text.dropLast()) + "!"
    #expect(throws: ParleyError.self) { try PublicIdentity(text: notBase64) }
  }

  @Test func keysOfTheWrongFormAreRefused() throws {
    let key = try alice().publicIdentity
    var offCurve = key.signingKey
    offCurve[64] ^= 1
    #expect(throws: ParleyError.self) {
      try PublicIdentity(signingKey: offCurve, postQuantumKey: key.postQuantumKey)
    }
    #expect(throws: ParleyError.self) {
      try PublicIdentity(signingKey: [UInt8](repeating: 0, count: 65), postQuantumKey: key.postQuantumKey)
    }
    #expect(throws: ParleyError.self) {
      try PublicIdentity(signingKey: key.signingKey, postQuantumKey: Array(key.postQuantumKey.dropLast()))
    }
  }

  @Test func fingerprintIsShortAndTellsApart() throws {
    let a = try alice().publicIdentity.fingerprint
    let b = try bob().publicIdentity.fingerprint
    #expect(a != b)
    #expect(a.split(separator: "-").map(\.count) == Array(repeating: 4, count: 8))
  }

  @Test func base64URLIsTheStandardOne() {
    // RFC 4648, section 10, without padding, and the two characters of section 5.
    let vectors = [
      "": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foob": "Zm9vYg", "fooba": "Zm9vYmE", "foobar": "Zm9vYmFy",
    ]
    for (plain, coded) in vectors {
      #expect(Base64URL.encode(plain.utf8) == coded)
      #expect(Base64URL.decode(coded) == Array(plain.utf8))
    }
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    // Left-over bits, a lone character, foreign characters.
    for wrong in ["Zh", "Zm9", "Z", "Zm9v=", "Zm 9v", "+/8"] where wrong != "Zm9" {
      #expect(Base64URL.decode(wrong) == nil, "\(wrong)")
    }
  }

  @Test func signatureVerifies() throws {
    let message = Array("study".utf8)
    let signature = try alice().sign(message, purpose: .study)
    #expect(signature.classical.count == 64 && signature.postQuantum.count == 3309)
    let key = try alice().publicIdentity
    #expect(key.verify(signature, of: message, purpose: .study))
    #expect(try key.verify(alice().sign([], purpose: .receipt), of: [], purpose: .receipt))
  }

  @Test func signatureFailsForEveryChange() throws {
    let message = Array("study".utf8)
    let signature = try alice().sign(message, purpose: .study)
    let key = try alice().publicIdentity
    #expect(!key.verify(signature, of: message + [0], purpose: .study))
    #expect(!key.verify(signature, of: [], purpose: .study))
    #expect(!key.verify(signature, of: message, purpose: .receipt))
    #expect(try !bob().publicIdentity.verify(signature, of: message, purpose: .study))
    for position in [0, 31, 32, 63] {
      var bytes = signature.classical
      bytes[position] ^= 1
      let changed = try HybridSignature(classical: bytes, postQuantum: signature.postQuantum)
      #expect(!key.verify(changed, of: message, purpose: .study), "classical byte \(position)")
    }
    for position in [0, 47, 48, 1600, 3308] {
      var bytes = signature.postQuantum
      bytes[position] ^= 1
      let changed = try HybridSignature(classical: signature.classical, postQuantum: bytes)
      #expect(!key.verify(changed, of: message, purpose: .study), "post-quantum byte \(position)")
    }
  }

  @Test func eachHalfIsNeeded() throws {
    let message = Array("study".utf8)
    let a = try alice().sign(message, purpose: .study)
    let b = try bob().sign(message, purpose: .study)
    for (classical, postQuantum) in [(a.classical, b.postQuantum), (b.classical, a.postQuantum)] {
      let mixed = try HybridSignature(classical: classical, postQuantum: postQuantum)
      #expect(try !alice().publicIdentity.verify(mixed, of: message, purpose: .study))
      #expect(try !bob().publicIdentity.verify(mixed, of: message, purpose: .study))
    }
    // An identity made of both: the halves verify alone but were made for other pairs.
    let chimera = try PublicIdentity(
      signingKey: alice().publicIdentity.signingKey, postQuantumKey: bob().publicIdentity.postQuantumKey)
    let mixed = try HybridSignature(classical: a.classical, postQuantum: b.postQuantum)
    #expect(!chimera.verify(mixed, of: message, purpose: .study))
  }

  @Test func onlyTheLowHalfOfECDSAIsAccepted() throws {
    let message = Array("study".utf8)
    // n of P-256, FIPS 186-5.
    let order = stride(from: 0, to: 64, by: 2).map { position -> UInt8 in
      let text = Array("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
      return UInt8(String(text[position..<position + 2]), radix: 16) ?? 0
    }
    for _ in 0..<8 {
      let signature = try alice().sign(message, purpose: .study)
      #expect(signature.classical[32] < 0x80)
      var mirrored = Array(signature.classical[..<32])
      var borrow = 0
      var digits: [UInt8] = []
      for position in (0..<32).reversed() {
        let digit = Int(order[position]) - Int(signature.classical[32 + position]) - borrow
        borrow = digit < 0 ? 1 : 0
        digits.append(UInt8(digit & 255))
      }
      mirrored += digits.reversed()
      let other = try HybridSignature(classical: mirrored, postQuantum: signature.postQuantum)
      #expect(try !alice().publicIdentity.verify(other, of: message, purpose: .study))
      #expect(try alice().publicIdentity.verify(signature, of: message, purpose: .study))
    }
  }

  @Test func signatureHasItsLength() throws {
    let signature = try alice().sign([], purpose: .study)
    #expect(throws: ParleyError.self) {
      try HybridSignature(classical: signature.classical + [0], postQuantum: signature.postQuantum)
    }
    #expect(throws: ParleyError.self) { try HybridSignature(classical: signature.classical, postQuantum: []) }
  }

  @Test func namesAreFileNames() {
    for name in ["a", "hospital-a", "UKE_2.test", String(repeating: "x", count: 64)] {
      #expect(Identity.isValid(name: name), "\(name)")
    }
    for name in ["", ".", "..", ".hidden", "-flag", "a/b", "a b", "é", "a\0", String(repeating: "x", count: 65)] {
      #expect(!Identity.isValid(name: name), "\(name)")
      let error = #expect(throws: ParleyError.self) { try Identity.create(name: name) }
      #expect(error?.code == .identityName)
    }
  }
}
