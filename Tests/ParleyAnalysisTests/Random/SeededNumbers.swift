import Foundation

/// Random numbers of tests: the same for the same seed on every machine.
struct SeededNumbers {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x5eed }

  /// From 0 to one below the bound.
  mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
  /// Between 0 and 1, without these.
  mutating func uniform() -> Double { (Double(next(1_000_000)) + 0.5) / 1_000_000 }
  mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }
  mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
  mutating func bit(_ share: Double) -> Bool { uniform() < share }
  mutating func poisson(_ mean: Double) -> Int {
    var count = 0, left = mean + log(uniform())
    while left > 0 {
      count += 1
      left += log(uniform())
    }
    return count
  }
}
