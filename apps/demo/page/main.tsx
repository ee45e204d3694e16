import './style/base.css'
import './style/layout.css'
import './style/parts.css'
import './style/clocks.css'
import './style/policy.css'
import { render } from 'preact'
import { start } from './actions'
import { Page } from './parts/page'

await start()
render(<Page />, document.getElementById('page')!)
