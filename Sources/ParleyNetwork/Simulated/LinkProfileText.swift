package import ParleyBase

extension LinkProfile {
  /// Reads `lan`, `wan` or `LATENCY,BANDWIDTH[,LOSS]` such as `20ms,100Mbit` or `5ms,1Gbit,0.1%`.
  ///
  /// LATENCY is one way, in ns, us, ms or s, at most an hour; BANDWIDTH in bit, kbit, Mbit, Gbit or Tbit per second
  /// (a trailing `/s` is allowed); LOSS is the percentage of lost packets, below 100.
  package init(parsing text: String) throws(ParleyError) {
    switch text {
    case "lan": self = .lan
    case "wan": self = .wan
    default:
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
      guard (2...3).contains(parts.count) else {
        throw Self.unreadable(text, "it has \(parts.count) part(s), and LATENCY,BANDWIDTH has two")
      }
      self.init(
        latency: try Self.latency(parts[0], of: text), bitsPerSecond: try Self.bandwidth(parts[1], of: text),
        loss: parts.count == 3 ? try Self.loss(parts[2], of: text) : 0)
    }
  }

  private static func unreadable(_ text: String, _ why: String) -> ParleyError {
    ParleyError(
      .usage, "cannot read the network \"\(text)\": \(why)",
      remedy: "write lan, wan, or LATENCY,BANDWIDTH such as 20ms,100Mbit (latency is one way)")
  }

  private static func latency(_ part: Substring, of text: String) throws(ParleyError) -> Duration {
    let (number, unit) = split(part)
    let nanoseconds: Double? =
      switch unit {
      case "ns": 1
      case "us", "µs": 1e3
      case "ms": 1e6
      case "s": 1e9
      default: nil
      }
    guard let number, let nanoseconds else {
      throw unreadable(text, "\"\(part)\" is not a latency with a unit of ns, us, ms or s")
    }
    let value = (number * nanoseconds).rounded()
    guard value >= 0 && value <= 3600e9 else {
      throw unreadable(text, "the latency \"\(part)\" is not between 0 and an hour")
    }
    return .nanoseconds(Int64(value))
  }

  private static func bandwidth(_ part: Substring, of text: String) throws(ParleyError) -> Int {
    let (number, unit) = split(part.hasSuffix("/s") ? part.dropLast(2) : part)
    let bits: Double? =
      switch unit {
      case "bit": 1
      case "kbit": 1e3
      case "Mbit": 1e6
      case "Gbit": 1e9
      case "Tbit": 1e12
      default: nil
      }
    guard let number, let bits else {
      throw unreadable(text, "\"\(part)\" is not a bandwidth with a unit of bit, kbit, Mbit, Gbit or Tbit")
    }
    let value = (number * bits).rounded()
    guard value >= 1 && value <= 1e15 else {
      throw unreadable(text, "the bandwidth \"\(part)\" is not between 1bit and 1000Tbit")
    }
    return Int(value)
  }

  private static func loss(_ part: Substring, of text: String) throws(ParleyError) -> Double {
    let (number, unit) = split(part)
    guard let number, unit == "%", number >= 0, number < 100 else {
      throw unreadable(text, "\"\(part)\" is not a loss between 0% and 100%")
    }
    return number / 100
  }

  /// The number in front (digits and at most one point; no sign, no exponent) and the unit behind it.
  private static func split(_ part: Substring) -> (Double?, Substring) {
    let digits = part.prefix { $0 == "." || ("0"..."9").contains($0) }
    return (digits.utf8.count <= 30 ? Double(digits) : nil, trimmed(part.dropFirst(digits.count)))
  }
}

private func trimmed(_ text: Substring) -> Substring {
  var text = text.drop { $0 == " " }
  while text.last == " " { text.removeLast() }
  return text
}

extension LinkProfile: CustomStringConvertible {
  /// In the form ``init(parsing:)`` reads, for values it can express.
  package var description: String {
    let parts = latency.components
    let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    var text = Self.scaled(Int(nanoseconds), ["ns", "us", "ms", "s"]) + ","
    text += Self.scaled(bitsPerSecond, ["bit", "kbit", "Mbit", "Gbit", "Tbit"])
    if loss > 0 { text += ",\(loss * 100)%" }
    return text
  }

  private static func scaled(_ value: Int, _ units: [String]) -> String {
    var value = value
    var unit = 0
    while value != 0 && value % 1000 == 0 && unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\(value)\(units[unit])"
  }
}
