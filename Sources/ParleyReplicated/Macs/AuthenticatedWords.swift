internal import ParleyAlgebra
internal import ParleyBase

/// One party's shares of a vector x and of r·x, both modulo 2^128, r the session's key (SPDZ-wise, Chida et al. 2018/570;
/// over rings Abspoel et al. 2019/1298 with k = s = 64; docs/protocols/macs.md).
///
/// What counts of a value are its low 64 bits. The high ones follow from how it was computed (they hold carries), and
/// never leave the engine: openings and conversions take every share modulo 2^64 first, which is a homomorphism, so
/// that no mask is needed.
package struct AuthenticatedWords {
  enum Mac {
    case known(SharedWords<UInt128>)
    /// Of inputs and masks: one product with r that is still to be computed.
    case later(MacPlace)
  }
  /// Shares of x.
  package let value: SharedWords<UInt128>
  private let authentication: Mac

  /// Elements.
  package var count: Int { value.count }

  init(_ value: SharedWords<UInt128>, _ authentication: Mac) {
    self.value = value
    self.authentication = authentication
  }
  init(_ value: SharedWords<UInt128>, mac: SharedWords<UInt128>?) {
    self.init(value, mac.map { .known($0) } ?? .later(MacPlace()))
  }

  /// Nil until it has been computed. A vector without it can be opened and not multiplied.
  package var mac: SharedWords<UInt128>? {
    switch authentication {
    case .known(let mac): mac
    case .later(let place): place.mac(count: count)
    }
  }

  /// Where the mac will be.
  var place: MacPlace? {
    guard case .later(let place) = authentication else { return nil }
    return place
  }
}

/// Where the mac of a vector appears, for all copies of the vector. One thread uses it, that of its party.
final class MacPlace {
  private enum Content {
    case nothing
    case mac(SharedWords<UInt128>)
    case part(of: MacPlace, start: Int)
  }
  private var content = Content.nothing

  func fill(_ mac: SharedWords<UInt128>) { content = .mac(mac) }
  /// The vector has become elements `start …` of another, which is authenticated in its place.
  func redirect(to whole: MacPlace, start: Int) { content = .part(of: whole, start: start) }

  func mac(count: Int) -> SharedWords<UInt128>? {
    switch content {
    case .nothing: return nil
    case .mac(let mac): return mac
    case .part(let whole, let start):
      guard case .mac(let mac) = whole.content else { return nil }
      return mac.part(start, count: count)
    }
  }
}

extension SharedWords {
  /// Elements `start ..< start + count`, in the same buffer.
  func part(_ start: Int, count: Int) -> SharedWords {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "no such elements")
    return SharedWords(storage, lo: loStart + start, hi: hiStart + start, count: count)
  }
}

extension ReplicatedParty {
  /// Shares modulo 2^64.
  func truncated(_ a: SharedWords<UInt128>) -> SharedWords<UInt64> {
    let (storage, result) = newWords(UInt64.self, a.count)
    UInt128.truncate(a.lo, into: storage.pointer, count: a.count)
    UInt128.truncate(a.hi, into: storage.pointer + a.count, count: a.count)
    return result
  }
  /// Every share as a number below 2^64: a sharing modulo 2^128 of something that equals the value modulo 2^64, consistent
  /// among the parties because each of them extends what it has.
  func extended(_ a: SharedWords<UInt64>) -> SharedWords<UInt128> {
    let (storage, result) = newWords(UInt128.self, a.count)
    UInt128.extend(a.lo, into: storage.pointer, count: a.count)
    UInt128.extend(a.hi, into: storage.pointer + a.count, count: a.count)
    return result
  }
}
