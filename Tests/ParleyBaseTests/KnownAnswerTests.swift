import ParleyBase
import Testing
