import Foundation
import Testing

/// `PARLEY_SKIP_LONG_TESTS` leaves out statistics over many runs and takes fewer random programs and chunks: for a quick
/// look while something is being changed (`Scripts/test --changed --near`). `PARLEY_SAMPLE_TESTS` takes fewer, and leaves nothing out:
/// continuous integration.
enum LongTests {
  static let areSkipped = ProcessInfo.processInfo.environment["PARLEY_SKIP_LONG_TESTS"] != nil
  static let areSampled = areSkipped || ProcessInfo.processInfo.environment["PARLEY_SAMPLE_TESTS"] != nil
}

extension Trait where Self == ConditionTrait {
  /// Left out of a quick look.
  static var long: Self { .enabled(if: !LongTests.areSkipped, "PARLEY_SKIP_LONG_TESTS is set") }
}
